import type { Plan, ProfilePlan } from '../../config/types.ts';
import type { PlatformName, Route } from '../../routing/route.ts';
import { matchesPrefix } from '../../routing/target-path.ts';
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
  const paths = publicPaths(profile, route, portal?.path ?? null);
  const settings = portal?.settings ?? ['any sender'];
  return paths.flatMap((path) =>
    settings.map((setting) => ({
      profile: profile.name,
      platform,
      setting,
      url: origin(plan, route.host) + path,
    })),
  );
}

/**
 * The public paths of a route: the sender's usual path if a listener serves it, else each prefix that a listener serves
 * within the route's own path.
 */
function publicPaths(profile: ProfilePlan, route: Route, usual: string | null): readonly string[] {
  const prefixes = profile.listeners.flatMap(({ paths }) => paths);
  const served = (path: string): boolean => prefixes.some((prefix) => matchesPrefix(path, prefix));
  const inside = usual !== null && served(usual) ? [usual] : prefixes;
  if (route.stripPrefix) return inside.map((path) => route.path + (path === '/' ? '/' : path));
  const within = inside.filter((path) => matchesPrefix(path, route.path));
  if (within.length > 0) return within;
  return route.path !== '' && served(route.path) ? [route.path] : [];
}

function origin({ publicUrl, listen }: Plan, host: string | null): string {
  const known = publicUrlOf(publicUrl, host);
  if (known !== null) return known.href;
  if (host !== null) return `http://${host}`;
  return `http://${listen.host.includes(':') ? `[${listen.host}]` : listen.host}:${listen.port}`;
}
