import type { ProfilePlan } from '../config/types.ts';
import type { Event } from '../events.ts';
import { isLeaving, isServing, type Life, type LifeEvent, pidOf } from './life.ts';

/** What the operator is told of one step of a gateway's life: what happened first, then the state it led to. */
export function reportsOf(
  { name: profile, launch }: ProfilePlan,
  ports: ReadonlyMap<string, number>,
  before: Life,
  event: LifeEvent,
  after: Life,
): readonly Event[] {
  const told: Event[] = [];
  if (event.type === 'exited' && before.lastExit !== after.lastExit) {
    const { generation, code, signal } = event;
    told.push({
      type: 'gateway.exit',
      profile,
      generation,
      code,
      signal,
      asked: isLeaving(before.phase),
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
      // A gateway that starts still has the error of its last life.
      reason: phase.name === 'starting' ? null : after.lastError,
      nextStartAt: phase.name === 'backoff' ? phase.nextStartAt : null,
    });
  }
  return told;
}

/** A start is told once it has a pid; one that gets none is told as what it becomes. */
function isNews(before: Life, event: LifeEvent, after: Life, managed: boolean): boolean {
  if (after.phase.name === 'starting' && managed) return event.type === 'spawned';
  return before.phase.name !== after.phase.name || event.type === 'trouble';
}

function isReady(life: Life, listener: string): boolean {
  return isServing(life.phase) && life.phase.ready.includes(listener);
}
