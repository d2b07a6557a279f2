import { publicPaths } from '../../config/public-paths.ts';
import type { Plan, ProfilePlan } from '../../config/types.ts';
import type { PlatformName, Route } from '../../routing/route.ts';
import { publicUrlOf } from '../../routing/url/public-url.ts';
import { PORTALS } from './portals.ts';

/** One URL to paste, as `gwproxy urls --json` prints it; users' scripts rely on these names. */
export interface PortalUrl {
  readonly profile: string;
  /** Null if any sender may use the URL. */
  readonly platform: PlatformName | null;
  /** What the sender's portal calls the field. */
  readonly setting: string;
  readonly url: string;
}

/** The URLs to enter at each sender so that its requests reach the profile, without repeats. Pure. */
export function portalUrls(plan: Plan): readonly PortalUrl[] {
  const urls = plan.routes.flatMap((route) => {
    const profile = plan.profiles.find(({ name }) => name === route.profile);
    return profile === undefined ? [] : urlsOf(plan, profile, route);
  });
  const known = new Map(urls.map((url) => [JSON.stringify([url.profile, url.setting, url.url]), url]));
  return [...known.values()];
}

function urlsOf(plan: Plan, profile: ProfilePlan, route: Route): readonly PortalUrl[] {
  const platform = route.key?.platform ?? null;
  const portal = platform === null || platform === 'custom' ? null : PORTALS[platform];
  const prefixes = profile.listeners.flatMap(({ paths }) => paths);
  const settings = portal?.settings ?? ['any sender'];
  return publicPaths(prefixes, route).flatMap(({ path }) =>
    settings.map((setting) => ({
      profile: profile.name,
      platform,
      setting,
      url: origin(plan, route.host) + path,
    })),
  );
}

function origin({ publicUrl, listen }: Plan, host: string | null): string {
  const known = publicUrlOf(publicUrl, host);
  if (known !== null) return known.href;
  if (host !== null) return `http://${host}`;
  return `http://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
}
