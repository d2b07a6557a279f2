import type { Plan } from './types.ts';

/**
 * The profiles that only `profile_paths` makes reachable, in the config's order: they have no routes of their own, so
 * any sender that guesses `/p/<profile>` reaches their public paths. Pure.
 */
export function publicByProfilePathAlone({
  profiles,
  routes,
}: Pick<Plan, 'profiles' | 'routes'>): readonly string[] {
  return profiles
    .map(({ name }) => name)
    .filter((name) => {
      const own = routes.filter(({ profile }) => profile === name);
      return own.length > 0 && own.every(({ key, path }) => key === null && path === profilePath(name));
    });
}

/** The public path that `profile_paths` gives a profile. Pure. */
export function profilePath(profile: string): string {
  return `/p/${profile}`;
}
