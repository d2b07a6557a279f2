import { leave } from './ending.ts';
import { isServing, type Life, type Policy, type Stamp, type Step, unchanged } from './life.ts';

/**
 * A gateway that can no longer be left to serve, for that reason (it hangs, it uses too much memory, it did not start
 * in time): it leaves in order, and its restart policy judges that as a failure. Requests on a hung listener are
 * lost, but its other listeners may serve: they are drained.
 */
export function unfit(state: Life, reason: string, moment: Stamp, policy: Policy): Step {
  const { phase } = state;
  // Who runs a `url:` profile restarts it.
  if (!isServing(phase) || !policy.managed) return unchanged(state);
  const end = { reason, code: null, served: phase.served };
  return leave({ ...state, lastError: reason }, { kind: 'judge', end }, moment, policy);
}

/**
 * No door has had a request for it for its `idle_timeout`: it is stopped in order, and sleeps until its next request.
 * That it was an operator who started it makes no difference: the timeout is how long it may run for nothing. One
 * that still starts does so for a request that waits.
 */
export function idle(state: Life, moment: Stamp, policy: Policy): Step {
  const { phase } = state;
  const sleeps = policy.managed && policy.start === 'on-demand' && policy.idleTimeout !== null;
  if (!sleeps || (phase.name !== 'ready' && phase.name !== 'unready')) return unchanged(state);
  return leave({ ...state, desired: 'demand', lastError: null }, { kind: 'rest' }, moment, policy);
}
