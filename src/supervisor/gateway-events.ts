import type { ProfilePlan } from '../config/types.ts';
import type { Event } from '../events.ts';
import { duration } from '../util/duration.ts';
import { conditionsOf } from './lifecycle/conditions.ts';
import {
  type EndingPhase,
  type GatewayEvent,
  type GatewayState,
  isEnding,
  isJob,
  isListenerReady,
  isServing,
  type Phase,
  pidOf,
} from './lifecycle/state.ts';
import { endText, failedText } from './lifecycle/text.ts';

/** The events that report one step of the reducer: what happened first, then the state that it led to. */
export function eventsOf(
  plan: ProfilePlan,
  ports: ReadonlyMap<string, number>,
  before: GatewayState,
  event: GatewayEvent,
  after: GatewayState,
): readonly Event[] {
  const { name: profile, launch } = plan;
  const events: Event[] = [];
  if (event.type === 'exited' && before.lastExit !== after.lastExit) {
    const { generation, code, signal } = event;
    events.push({
      type: 'gateway.exit',
      profile,
      generation,
      code,
      signal,
      asked: isEnding(before.phase) || (isJob(plan) && code === 0),
    });
  }
  // Most events change no phase, such as one for each request that waits.
  const conditions = before.phase === after.phase ? [] : conditionsOf(plan);
  for (const { name: listener } of before.phase === after.phase ? [] : plan.listeners) {
    const wasReady = isListenerReady(before.phase, conditions, listener);
    const isReadyNow = isListenerReady(after.phase, conditions, listener);
    if (!wasReady && isReadyNow) {
      events.push({ type: 'listener.ready', profile, listener, port: ports.get(listener) ?? 0 });
    }
    if (wasReady && !isReadyNow && event.type === 'conditionLost') {
      events.push({ type: 'listener.lost', profile, listener, reason: event.reason });
    }
  }
  if (isReportable(before, event, after, launch.kind === 'command')) {
    const { phase, generation } = after;
    events.push({
      type: 'gateway.state',
      profile,
      state: phase.name,
      generation,
      pid: pidOf(phase),
      unfit: isEnding(phase) && phase.after.kind === 'policy' && !isDone(plan, phase),
      reason: event.type === 'trouble' ? event.reason : reasonOf(plan, before, after),
      nextStartAt: phase.name === 'backoff' ? phase.nextStartAt : null,
    });
  }
  return events;
}

/** Why it is in that state; null if the operator wanted it or the state says enough. */
function reasonOf(plan: ProfilePlan, before: GatewayState, after: GatewayState): string | null {
  const { name, idleTimeout } = plan;
  const { phase, lastError } = after;
  switch (phase.name) {
    case 'starting':
      // `lastError` is that of an earlier generation, which may be long ago.
      return phase.restartedAfter;
    case 'failed':
      return failedText(name, lastError, isJob(plan));
    case 'stopped':
      return isJob(plan) ? jobDoneText(before, after) : stoppedText(before, after);
    case 'ready':
      return isJob(plan) ? 'the job runs' : null;
    case 'draining':
    case 'stopping':
      if (isDone(plan, phase)) return 'the job is done; the processes that it left running are ended';
      if (phase.after.kind === 'start' && phase.after.reason !== null) return phase.after.reason;
      return phase.after.kind === 'sleep' && idleTimeout !== null
        ? `no request for ${duration(idleTimeout)}`
        : lastError;
    default:
      return lastError;
  }
}

/** How a gateway ended that nothing had asked to stop, and what starts it again. */
function stoppedText({ phase }: GatewayState, { desired, lastExit, lastError }: GatewayState): string | null {
  const ended =
    endsByItself(phase) && lastExit !== null ? (lastError ?? endText(lastExit.code, lastExit.signal)) : null;
  const wakes = desired === 'demand' ? 'its next request starts it' : null;
  return [ended, wakes].filter((text) => text !== null).join('; ') || null;
}

/** That a job has done its work; null if the operator stopped it. */
function jobDoneText({ phase }: GatewayState, { lastExit }: GatewayState): string | null {
  if (!endsByItself(phase) || lastExit === null) return null;
  const { uptime } = lastExit;
  return `the job is done after ${duration(uptime < 1000 ? uptime : 1000 * Math.round(uptime / 1000))}`;
}

/** Whether it is a job that has succeeded, and that has left processes behind. */
function isDone(plan: ProfilePlan, { after }: EndingPhase): boolean {
  return isJob(plan) && after.kind === 'policy' && after.end.code === 0;
}

/** A start is reported once it has a pid; a start that gets none is reported as the state that follows. */
function isReportable(
  before: GatewayState,
  event: GatewayEvent,
  after: GatewayState,
  managed: boolean,
): boolean {
  if (event.type === 'trouble') return true;
  if (after.phase.name === 'starting' && managed) return event.type === 'spawned';
  return before.phase.name !== after.phase.name;
}

/** Whether what ends in that phase ends by itself, and not since somebody asked for it. */
function endsByItself(phase: Phase): boolean {
  return isServing(phase) || (isEnding(phase) && phase.after.kind === 'policy');
}
