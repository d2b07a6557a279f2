import type { RestartPolicy } from '../../config/types.ts';
import { counted } from '../../util/counted.ts';
import { duration } from '../../util/duration.ts';

/** The restarts of a gateway that still count; bounded by the policy's `giveUp.restarts`. */
export interface RestartHistory {
  /**
   * The backoff of the next restart: 0 is none, 1 is `min`, and so on up to `max`. Once it was stable it is 0 again.
   */
  readonly level: number;
  /** Epoch ms of the restarts within the give-up window, oldest first. */
  readonly times: readonly number[];
  /** Restarts that its exit codes have asked for since it was stable, after it had been ready. */
  readonly requested: number;
  /** The same, before it was ready. */
  readonly requestedEarly: number;
}

export const NO_RESTARTS: RestartHistory = { level: 0, times: [], requested: 0, requestedEarly: 0 };

/** A gateway that asks for more restarts than this without being stable in between is in a loop. */
const MOST_REQUESTED = 5;
/** The same for exits before it was ready: mostly it waits for a lock that another process holds for a while. */
const MOST_REQUESTED_EARLY = 10;
/** ms of the wait after such an exit, at least and at most: gateways that hindered each other come back apart. */
const EARLY_WAIT = { least: 1000, most: 1500 };

/** How a generation ended that was stopped neither by an operator nor for being idle. */
export interface End {
  /** For the operator. */
  readonly reason: string;
  /** The exit code; null if a signal or gwproxy ended it. */
  readonly code: number | null;
  /** It or one of its listeners had been ready. */
  readonly served: boolean;
}

export type RestartDecision =
  /** Restart without a wait. */
  | { readonly kind: 'at-once'; readonly history: RestartHistory }
  /** Restart after `delay` ms (0: without a wait), as its exit code asks for; it does not count as a failure. */
  | {
      readonly kind: 'requested';
      readonly delay: number;
      /** Which of how many such restarts in a row this is. */
      readonly request: number;
      readonly most: number;
      readonly history: RestartHistory;
    }
  /** Restart after `delay` ms. */
  | { readonly kind: 'backoff'; readonly delay: number; readonly history: RestartHistory }
  /** Do not restart; it does not count as a failure. */
  | { readonly kind: 'stop'; readonly reason: string }
  | { readonly kind: 'fail'; readonly reason: string };

type RequestedRestart = Extract<RestartDecision, { readonly kind: 'requested' }>;

const BY_EXIT_CODES = 'not restarted, as its exit_codes say';
const BY_POLICY = 'not restarted, as its restart policy says';

/**
 * Decides what follows an end that no operator asked for, at `at` (epoch ms). The policy's rule for the exit code
 * comes first, then its rule for failures (every end but code 0) and other ends. `random` is in [0, 1).
 */
export function restartDecision(
  policy: RestartPolicy,
  history: RestartHistory,
  end: End,
  at: number,
  random: number,
): RestartDecision {
  const action = end.code === null ? undefined : policy.exitCodes[end.code];
  if (action === 'stop') return { kind: 'stop', reason: BY_EXIT_CODES };
  if (action === 'fail') return { kind: 'fail', reason: BY_EXIT_CODES };
  if (action === 'at-once') {
    const requested = end.served ? requestedRestart(history) : requestedEarlyRestart(policy, history, random);
    if (requested.request <= requested.most) return requested;
    if (end.served) return restartAgain(policy, history, end, at, random);
  }
  const failure = end.code !== 0 || action !== undefined;
  if (policy.when === 'never' || (policy.when === 'on-failure' && !failure)) {
    return { kind: failure ? 'fail' : 'stop', reason: BY_POLICY };
  }
  return restartAgain(policy, history, end, at, random);
}

/** The restart that the exit code of a gateway that served asks for. */
function requestedRestart(history: RestartHistory): RequestedRestart {
  const request = history.requested + 1;
  return {
    kind: 'requested',
    delay: 0,
    request,
    most: MOST_REQUESTED,
    history: { ...history, requested: request },
  };
}

/** The same for one that never served: without a wait it would restart as fast as it starts. */
function requestedEarlyRestart(
  { max }: RestartPolicy,
  history: RestartHistory,
  random: number,
): RequestedRestart {
  const request = history.requestedEarly + 1;
  const { least, most } = EARLY_WAIT;
  return {
    kind: 'requested',
    delay: Math.max(1, Math.min(max, Math.round(least + random * (most - least)))),
    request,
    most: MOST_REQUESTED_EARLY,
    history: { ...history, requestedEarly: request },
  };
}

/**
 * The first restart of a gateway that served is immediate, since its requests wait. The second in a row waits, and the
 * waits grow; a gateway that never served waits from its first restart on.
 */
function restartAgain(
  policy: RestartPolicy,
  history: RestartHistory,
  { served }: End,
  at: number,
  random: number,
): RestartDecision {
  const times = policy.giveUp === null ? [] : restartsInWindow(policy.giveUp, history.times, at);
  if (policy.giveUp !== null && times.length > policy.giveUp.restarts) {
    const { restarts, within: window } = policy.giveUp;
    const count = counted(restarts, 'restart');
    return { kind: 'fail', reason: `gave up after ${count} within ${duration(window)}` };
  }
  if (served && history.level === 0) return { kind: 'at-once', history: { ...history, level: 1, times } };
  const waited = Math.max(1, history.level);
  const delay = backoff(policy, waited - 1, random);
  return { kind: 'backoff', delay, history: { ...history, level: waited + 1, times } };
}

/**
 * The delay in ms before a restart; `attempts` counts the delayed restarts before it. The ceiling doubles with each
 * one up to `max`. The delay lies in the upper half of the ceiling ("equal jitter": gateways that crashed together
 * are not restarted together, and none at once), and never below `min`.
 */
export function backoff(
  policy: Pick<RestartPolicy, 'min' | 'max'>,
  attempts: number,
  random: number,
): number {
  // A `min` of 0 counts as 1 ms, so that the ceiling grows; 2^40 is past any `max`, and 0 × Infinity is NaN.
  const ceiling = Math.min(policy.max, Math.max(1, policy.min) * 2 ** Math.min(attempts + 1, 40));
  const floor = Math.min(ceiling, Math.max(policy.min, ceiling / 2));
  return Math.round(floor + random * (ceiling - floor));
}

/** The history of a gateway that was ready for `uptime` ms: after `reset` it counts as stable. */
export function afterUptime(policy: RestartPolicy, history: RestartHistory, uptime: number): RestartHistory {
  return uptime >= policy.reset ? { ...history, level: 0, requested: 0, requestedEarly: 0 } : history;
}

/** The restarts within the window, this one included: a sliding window as in Erlang/OTP's supervisor. */
function restartsInWindow(
  giveUp: { readonly restarts: number; readonly within: number },
  times: readonly number[],
  at: number,
): readonly number[] {
  return [...times.filter((time) => time >= at - giveUp.within), at].slice(-(giveUp.restarts + 1));
}
