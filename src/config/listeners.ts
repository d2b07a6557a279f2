import type { Source } from '../routing/route.ts';
import { fieldSource, type Profile } from './read/profile.ts';
import type { ListenerPlan } from './types.ts';

export interface PlacedListener {
  readonly plan: ListenerPlan;
  /** The place of its name in the config, else of the profile's name. */
  readonly source: Source;
}

/**
 * A profile's listeners with all defaults; a single listener gets PORT and all paths by default. Empty for a bot without a
 * port. Pure.
 */
export function listenersOf(profile: Profile): readonly PlacedListener[] {
  const { listeners, url, add_prefix: prefix } = profile.config;
  const named = Object.entries(listeners);
  const only = named.length === 1;
  return named.map(([name, listener]) => ({
    source: fieldSource(profile, 'listeners', name),
    plan: {
      name,
      host: url?.host ?? listener.host,
      port: url?.port ?? listener.port,
      portEnv: url === undefined ? (listener.port_env ?? (only ? 'PORT' : null)) : null,
      paths: listener.paths?.map((path) => path || '/') ?? (only ? ['/'] : []),
      addPrefix: url?.prefix ?? listener.add_prefix ?? prefix ?? '',
      health: listener.health.probe,
      liveness:
        listener.liveness === undefined
          ? { kind: 'health', after: listener.health.restartAfter }
          : { kind: 'own', probe: listener.liveness },
    },
  }));
}
