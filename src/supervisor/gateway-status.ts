import type { ProfilePlan } from '../config/types.ts';
import type { ScheduleStatus, SupervisedStatus } from '../supervised-status.ts';
import { conditionsOf } from './lifecycle/conditions.ts';
import { type GatewayState, isJob, isListenerReady, pidOf } from './lifecycle/state.ts';
import { failedText } from './lifecycle/text.ts';

/** The status of one profile; `now` is epoch ms. */
export function statusOf(
  profile: ProfilePlan,
  state: GatewayState,
  ports: ReadonlyMap<string, number>,
  schedule: ScheduleStatus | null,
  now: number,
): SupervisedStatus {
  const { phase, lastExit, spawnedAt } = state;
  const conditions = conditionsOf(profile);
  const job = isJob(profile);
  return {
    name: profile.name,
    state: phase.name,
    pid: pidOf(phase),
    uptime_s: spawnedAt === null ? null : Math.max(0, Math.floor((now - spawnedAt) / 1000)),
    restarts: state.restarts,
    desired: state.desired === 'demand' ? (job ? 'scheduled' : 'on-demand') : state.desired,
    generation: state.generation,
    last_exit: lastExit === null ? null : exitStatus(lastExit),
    next_start_at: phase.name === 'backoff' ? new Date(phase.nextStartAt).toISOString() : null,
    restart_requested: phase.name === 'backoff' && phase.requested,
    last_error: phase.name === 'failed' ? failedText(profile.name, state.lastError, job) : state.lastError,
    listeners: profile.listeners.map(({ name }) => ({
      name,
      port: ports.get(name) ?? null,
      ready: isListenerReady(phase, conditions, name),
    })),
    schedule,
  };
}

function exitStatus({ code, signal, at, uptime }: NonNullable<GatewayState['lastExit']>) {
  return { code, signal, at: new Date(at).toISOString(), uptime_s: Math.floor(uptime / 1000) };
}
