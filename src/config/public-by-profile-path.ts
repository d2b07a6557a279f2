import type { Plan } from './types.ts';

/**
 * The profiles that can be reached from outside by `profile_paths` alone, in the config's order: they have no routes of
 * their own, and every sender that can guess `/p/<profile>` reaches their public paths. Pure.
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

/** Where `profile_paths` publishes a profile. Pure. */
export function profilePath(profile: string): string {
  return `/p/${profile}`;
}
