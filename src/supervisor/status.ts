import type { ProfilePlan } from '../config/types.ts';
import type { GatewayState } from '../events.ts';
import { isServing, type Life, pidOf } from './life.ts';

/** What `gwproxy status --json` shows of a profile, as far as the supervisor knows it. Times are ISO 8601, in UTC. */
export interface ProfileStatus {
  readonly name: string;
  readonly state: GatewayState;
  readonly pid: number | null;
  readonly uptime_s: number | null;
  /** After a crash or a failed start; the operator's own do not count. */
  readonly restarts: number;
  readonly desired: 'up' | 'down';
  readonly generation: number;
  readonly last_exit: {
    readonly code: number | null;
    readonly signal: string | null;
    readonly at: string;
  } | null;
  readonly next_start_at: string | null;
  /** Why it is not ready; null once it is. */
  readonly last_error: string | null;
  readonly listeners: readonly {
    readonly name: string;
    readonly port: number | null;
    readonly ready: boolean;
  }[];
}

/** `now` is epoch ms. */
export function statusOf(
  profile: ProfilePlan,
  life: Life,
  ports: ReadonlyMap<string, number>,
  now: number,
): ProfileStatus {
  const { phase, lastExit, spawnedAt } = life;
  const ready = isServing(phase) ? phase.ready : [];
  return {
    name: profile.name,
    state: phase.name,
    pid: pidOf(phase),
    uptime_s: spawnedAt === null ? null : Math.max(0, Math.floor((now - spawnedAt) / 1000)),
    restarts: life.restarts,
    desired: life.desired === 'up' ? 'up' : 'down',
    generation: life.generation,
    last_exit: lastExit === null ? null : { ...lastExit, at: new Date(lastExit.at).toISOString() },
    next_start_at: phase.name === 'backoff' ? new Date(phase.nextStartAt).toISOString() : null,
    last_error: life.lastError,
    listeners: profile.listeners.map(({ name }) => ({
      name,
      port: ports.get(name) ?? null,
      ready: ready.includes(name),
    })),
  };
}
