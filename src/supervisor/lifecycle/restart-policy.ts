import type { RestartPolicy } from '../../config/types.ts';
import { duration } from '../../util/duration.ts';

/** What is remembered of a gateway's restarts; bounded by the policy's `giveUp.restarts`. */
export interface RestartHistory {
  /** How long the next restart waits: 0 is not at all, 1 is `min`, and so on up to `max`. 0 again once it was stable. */
  readonly level: number;
  /** Epoch ms of the restarts within the give-up window, oldest first. */
  readonly times: readonly number[];
  /** How many restarts its exit codes have asked for since it was stable. */
  readonly requested: number;
}

export const NO_RESTARTS: RestartHistory = { level: 0, times: [], requested: 0 };

/** A gateway that asks for more than these without being stable in between does not want to: it loops. */
const ASKED_IN_A_ROW = 5;

/** How a life ended that neither an operator nor a want of requests ended. */
export interface End {
  /** In plain words. */
  readonly reason: string;
  /** Of a gateway that ended by itself; null where a signal did it, or where we had to end it. */
  readonly code: number | null;
  /** Some listener of it had been ready. */
  readonly served: boolean;
}

export type RestartDecision =
  /** Without a wait. */
  | { readonly kind: 'at-once'; readonly history: RestartHistory }
  /** Without a wait, since its exit code asks for it: no restart that counts. */
  | { readonly kind: 'asked'; readonly history: RestartHistory }
  /** After `delay` ms. */
  | { readonly kind: 'backoff'; readonly delay: number; readonly history: RestartHistory }
  /** Its policy leaves it at that. */
  | { readonly kind: 'rest'; readonly reason: string }
  | { readonly kind: 'fail'; readonly reason: string };

const BY_EXIT_CODES = 'not restarted, as its exit_codes say';
const BY_POLICY = 'not restarted, as its restart policy says';

/**
 * What follows an end that nobody asked for, at `at` (epoch ms): first what the policy says of its exit code, then
 * what it says of ends that are a failure (any but code 0) or not. `random` is in [0, 1).
 */
export function restartDecision(
  policy: RestartPolicy,
  history: RestartHistory,
  end: End,
  at: number,
  random: number,
): RestartDecision {
  const action = end.code === null ? undefined : policy.exitCodes[end.code];
  if (action === 'stop') return { kind: 'rest', reason: BY_EXIT_CODES };
  if (action === 'fail') return { kind: 'fail', reason: BY_EXIT_CODES };
  // One that never served would ask for ever, as fast as it starts: that is a failure like any other.
  if (action === 'at-once' && end.served) {
    return history.requested < ASKED_IN_A_ROW
      ? { kind: 'asked', history: { ...history, requested: history.requested + 1 } }
      : again(policy, history, end, at, random);
  }
  const failure = end.code !== 0 || action !== undefined;
  if (policy.when === 'never' || (policy.when === 'on-failure' && !failure)) {
    return { kind: failure ? 'fail' : 'rest', reason: BY_POLICY };
  }
  return again(policy, history, end, at, random);
}

/**
 * The first restart of a gateway that served waits for nothing: its requests do. From the second in a row on, and for
 * one that never served from the first, the waits grow.
 */
function again(
  policy: RestartPolicy,
  { level, times: past, requested: asked }: RestartHistory,
  { served }: End,
  at: number,
  random: number,
): RestartDecision {
  const times = policy.giveUp === null ? [] : within(policy.giveUp, past, at);
  if (policy.giveUp !== null && times.length > policy.giveUp.restarts) {
    const { restarts, within: window } = policy.giveUp;
    const count = restarts === 1 ? '1 restart' : `${restarts} restarts`;
    return { kind: 'fail', reason: `gave up after ${count} within ${duration(window)}` };
  }
  if (served && level === 0) return { kind: 'at-once', history: { level: 1, times, requested: asked } };
  const waited = Math.max(1, level);
  const delay = backoff(policy, waited - 1, random);
  return { kind: 'backoff', delay, history: { level: waited + 1, times, requested: asked } };
}

/**
 * Delay in ms before the restart that waits for the time number `attempts` (from 0). The ceiling doubles with each
 * attempt up to `max`; the delay lies in its upper half ("equal jitter": gateways that fell together come back apart, and none comes back
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
  return uptime >= policy.reset ? { ...history, level: 0, requested: 0 } : history;
}

/** The sliding window of Erlang/OTP's supervisor: the restarts that count, this one among them. */
function within(
  giveUp: { readonly restarts: number; readonly within: number },
  times: readonly number[],
  at: number,
): readonly number[] {
  return [...times.filter((time) => time >= at - giveUp.within), at].slice(-(giveUp.restarts + 1));
}
