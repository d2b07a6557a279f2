import type { Source } from '../routing/route.ts';
import { fieldSource, type Profile } from './read/profile.ts';
import type { ListenerPlan } from './types.ts';

export interface PlacedListener {
  readonly plan: ListenerPlan;
  /** Its name in the config, else the profile's. */
  readonly source: Source;
}

/** A profile's listeners as they are run; at least one. What a single one may leave out is filled in. Pure. */
export function listenersOf(profile: Profile): readonly PlacedListener[] {
  const { listeners, url } = profile.config;
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
      health: listener.health.probe,
      liveness:
        listener.liveness === undefined
          ? { kind: 'health', after: listener.health.restartAfter }
          : { kind: 'own', probe: listener.liveness },
    },
  }));
}
