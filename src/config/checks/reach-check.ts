import { listenersOf } from '../listeners.ts';
import { type Problem, problemAt } from '../problems.ts';
import { fieldSource, type Profile } from '../read/profile.ts';
import type { KeyedPlatform } from '../schema/route-schema.ts';
import { pathWarnings } from './path-check.ts';
import { isWildcard } from './port-check.ts';

/**
 * Warnings: a gateway, a public path or a route that no request reaches, a gateway that can be reached past the door, or
 * a port in env_file without effect.
 */
export function warningsOf(
  profiles: readonly Profile[],
  platforms: readonly KeyedPlatform[],
  profilePaths: boolean,
): readonly Problem[] {
  return profiles.flatMap((profile) => [
    ...unreachable(profile, profilePaths),
    ...pathWarnings(profile, platforms, profilePaths),
    ...openPorts(profile),
    ...overriddenPorts(profile),
  ]);
}

function unreachable(profile: Profile, profilePaths: boolean): readonly Problem[] {
  if (isPrivate(profile)) return [];
  if (!profilePaths && profile.config.routes.length === 0) {
    const message = `no request reaches profile '${profile.name}': it has no routes, and profile_paths is off; write routes, or listeners: none if it has no port`;
    return [problemAt(profile.source, message)];
  }
  if (listenersOf(profile).some(({ plan }) => plan.paths.length > 0)) return [];
  const message = `no request reaches profile '${profile.name}': none of its listeners has public paths; write paths`;
  return [problemAt(fieldSource(profile, 'listeners'), message)];
}

/** Whether the profile is meant to get no requests, such as a tunnel or worker that is only probed. */
function isPrivate({ config }: Profile): boolean {
  const listeners = Object.values(config.listeners);
  return config.routes.length === 0 && listeners.every(({ paths }) => paths?.length === 0);
}

function openPorts(profile: Profile): readonly Problem[] {
  if (profile.config.url !== undefined) return [];
  return listenersOf(profile)
    .filter(({ plan }) => plan.port !== 'auto' && isWildcard(plan.host))
    .map(({ plan, source }) =>
      problemAt(
        source,
        `listener '${plan.name}' on ${plan.host} can be reached from outside without gwproxy; let it listen on 127.0.0.1, or block the port in a firewall`,
      ),
    );
}

/** Common if a bot's own .env is its env_file. */
function overriddenPorts(profile: Profile): readonly Problem[] {
  return listenersOf(profile)
    .filter(({ plan }) => plan.portEnv !== null && profile.envFileNames.has(plan.portEnv))
    .map(({ plan }) =>
      problemAt(
        fieldSource(profile, 'env_file'),
        `${plan.portEnv} in the env_file has no effect: gwproxy sets it to the port of listener '${plan.name}'`,
      ),
    );
}
