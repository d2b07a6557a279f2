import type { ProfilePlan } from '../config/types.ts';
import type { Event } from '../events.ts';
import { duration } from '../util/duration.ts';
import { type GatewayEvent, type GatewayState, isEnding, isServing, pidOf } from './lifecycle/state.ts';
import { exitReason, failedText } from './lifecycle/text.ts';

/** What the operator is told of one step of a gateway's life: what happened first, then the state it led to. */
export function eventsOf(
  plan: ProfilePlan,
  ports: ReadonlyMap<string, number>,
  before: GatewayState,
  event: GatewayEvent,
  after: GatewayState,
): readonly Event[] {
  const { name: profile, launch } = plan;
  const told: Event[] = [];
  if (event.type === 'exited' && before.lastExit !== after.lastExit) {
    const { generation, code, signal } = event;
    told.push({
      type: 'gateway.exit',
      profile,
      generation,
      code,
      signal,
      asked: isEnding(before.phase),
    });
  }
  if (event.type === 'listenerReady' && isReady(before, event.listener) !== isReady(after, event.listener)) {
    const port = ports.get(event.listener) ?? 0;
    told.push({ type: 'listener.ready', profile, listener: event.listener, port });
  }
  if (event.type === 'listenerLost' && isReady(before, event.listener) !== isReady(after, event.listener)) {
    told.push({ type: 'listener.lost', profile, listener: event.listener, reason: event.reason });
  }
  if (isNews(before, event, after, launch.kind === 'command')) {
    const { phase, generation } = after;
    told.push({
      type: 'gateway.state',
      profile,
      state: phase.name,
      generation,
      pid: pidOf(phase),
      unfit: isEnding(phase) && phase.after.kind === 'judge',
      reason: event.type === 'trouble' ? event.reason : reasonOf(plan, before, after),
      nextStartAt: phase.name === 'backoff' ? phase.nextStartAt : null,
    });
  }
  return told;
}

/** Why it is in that state; null where nothing but the operator's wish led there. */
function reasonOf(
  { name, idleTimeout }: ProfilePlan,
  before: GatewayState,
  after: GatewayState,
): string | null {
  const { phase, lastError } = after;
  switch (phase.name) {
    case 'starting':
      // It still has the error of its last life, however long ago that was.
      return phase.follows;
    case 'failed':
      return failedText(name, lastError);
    case 'stopped':
      return restText(before, after);
    case 'draining':
    case 'stopping':
      return phase.after.kind === 'rest' && idleTimeout !== null
        ? `no request for ${duration(idleTimeout)}`
        : lastError;
    default:
      return lastError;
  }
}

/** Of a gateway that was not told to stop: how it ended, and what would start it again. */
function restText({ phase }: GatewayState, { desired, lastExit, lastError }: GatewayState): string | null {
  const judged = isServing(phase) || (isEnding(phase) && phase.after.kind === 'judge');
  const ended =
    judged && lastExit !== null ? (lastError ?? exitReason(lastExit.code, lastExit.signal, null)) : null;
  const wakes = desired === 'demand' ? 'its next request starts it' : null;
  return [ended, wakes].filter((text) => text !== null).join('; ') || null;
}

/** A start is told once it has a pid; one that gets none is told as what it becomes. */
function isNews(before: GatewayState, event: GatewayEvent, after: GatewayState, managed: boolean): boolean {
  if (event.type === 'trouble') return true;
  if (after.phase.name === 'starting' && managed) return event.type === 'spawned';
  return before.phase.name !== after.phase.name;
}

function isReady(life: GatewayState, listener: string): boolean {
  return isServing(life.phase) && life.phase.ready.includes(listener);
}
