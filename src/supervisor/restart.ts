import type { RestartPolicy } from '../config/types.ts';
import { duration } from './words.ts';

/** What is remembered of a gateway's restarts; bounded by the policy's `giveUp.restarts`. */
export interface RestartHistory {
  /** Restarts since the gateway was last stable. */
  readonly attempts: number;
  /** Epoch ms of the restarts within the give-up window, oldest first. */
  readonly times: readonly number[];
}

export const NO_RESTARTS: RestartHistory = { attempts: 0, times: [] };

export type RestartDecision =
  | { readonly kind: 'restart'; readonly delay: number; readonly history: RestartHistory }
  /** It ended well, and its policy leaves it at that. */
  | { readonly kind: 'rest' }
  | { readonly kind: 'fail'; readonly reason: string };

/**
 * What follows an end that nobody asked for: at `at` (epoch ms), `failure` is false for exit code 0 alone.
 * `random` is in [0, 1).
 */
export function afterEnd(
  policy: RestartPolicy,
  history: RestartHistory,
  failure: boolean,
  at: number,
  random: number,
): RestartDecision {
  if (policy.when === 'never' || (policy.when === 'on-failure' && !failure)) {
    return failure ? { kind: 'fail', reason: 'not restarted, as its restart policy says' } : { kind: 'rest' };
  }
  const times = policy.giveUp === null ? [] : within(policy.giveUp, history.times, at);
  if (policy.giveUp !== null && times.length > policy.giveUp.restarts) {
    const { restarts, within: window } = policy.giveUp;
    return { kind: 'fail', reason: `gave up after ${restarts} restarts within ${duration(window)}` };
  }
  return {
    kind: 'restart',
    delay: backoff(policy, history.attempts, random),
    history: { attempts: history.attempts + 1, times },
  };
}

/**
 * Delay in ms before restart number `attempts` (from 0). The ceiling doubles with each attempt up to `max`; the
 * delay lies in its upper half ("equal jitter": gateways that fell together come back apart, and none comes back
 * at once), and never below `min`.
 */
export function backoff(
  policy: Pick<RestartPolicy, 'min' | 'max'>,
  attempts: number,
  random: number,
): number {
  // From 1 ms where min is 0, so that it grows; past 2^40 it is the cap's anyway, and 0 × Infinity is no number.
  const ceiling = Math.min(policy.max, Math.max(1, policy.min) * 2 ** Math.min(attempts + 1, 40));
  const floor = Math.min(ceiling, Math.max(policy.min, ceiling / 2));
  return Math.round(floor + random * (ceiling - floor));
}

/** The history of a gateway that leaves `ready` after it was ready for `uptime` ms. */
export function afterUptime(policy: RestartPolicy, history: RestartHistory, uptime: number): RestartHistory {
  return uptime >= policy.reset ? { ...history, attempts: 0 } : history;
}

/** The sliding window of Erlang/OTP's supervisor: the restarts that count, this one among them. */
function within(
  giveUp: { readonly restarts: number; readonly within: number },
  times: readonly number[],
  at: number,
): readonly number[] {
  return [...times.filter((time) => time >= at - giveUp.within), at].slice(-(giveUp.restarts + 1));
}
