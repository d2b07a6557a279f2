import { DoorError } from '../../errors.ts';
import { BoundedBudget } from '../../util/bounded-budget.ts';
import type { Timer, Timers } from '../../util/timers.ts';
import { type Client, ClientDisconnected } from '../http/client.ts';
import { AnsweredCache } from './answered.ts';

/**
 * For how long after a 2xx the same delivery is not brought again, in ms: Slack's last repeat comes 5 minutes after
 * its first try (docs.slack.dev/apis/events-api), Bot Framework's within one.
 */
export const REPEAT_WINDOW = 10 * 60_000;

/** Answered deliveries that are remembered (about 200 bytes each); the oldest is forgotten first. */
const MAX_ANSWERED = 10_000;
/** Repeats that wait at once, for one twin or for many. */
const MAX_WAITING = 1000;

/** The delivery that takes its way, and what its repeats are to hear of it. Only the first call counts. */
export interface Original {
  /** The gateway answered: a 2xx is what its repeats get too, with any other one of them takes its own way. */
  done(status: number): void;
  /** It had no answer. */
  failed(): void;
}

export type Settled =
  /** No twin is under way or was taken: it takes its own way, and tells how that ended. */
  | { readonly kind: 'original'; readonly original: Original }
  /** Its twin was answered so: an empty body with that status is the answer. */
  | { readonly kind: 'answered'; readonly status: number };

export type BeginResult =
  | Settled
  /** Its twin is under way. Rejects with GWPROXY_UPSTREAM_TIMEOUT where that takes too long, or with ClientLeft. */
  | { readonly kind: 'repeat'; readonly settled: Promise<Settled> };

export interface RepeatsOptions {
  readonly timers: Timers;
  /** Epoch ms. */
  readonly now: () => number;
  readonly remembered?: number;
  readonly waiting?: number;
}

interface Waiter {
  readonly client: Client;
  readonly window: number;
  readonly settle: (settled: Settled) => void;
  readonly timer: Timer;
}

/** Deliveries under way and answered lately, so that what a sender repeats is brought to its gateway once. */
export class Repeats {
  readonly #timers: Timers;
  readonly #now: () => number;
  /** Those under way, each with its repeats in the order in which they came; null where there was none yet. */
  readonly #open = new Map<string, Set<Waiter> | null>();
  /** The statuses that they were answered with. */
  readonly #answered: AnsweredCache;
  readonly #waiting: BoundedBudget;

  constructor({ timers, now, remembered = MAX_ANSWERED, waiting = MAX_WAITING }: RepeatsOptions) {
    this.#timers = timers;
    this.#now = now;
    this.#answered = new AnsweredCache(remembered);
    this.#waiting = new BoundedBudget(waiting);
  }

  /**
   * A delivery arrives. `until` (epoch ms) is how long it may wait for a twin, `window` (ms) how long a 2xx holds for
   * its repeats. Throws GWPROXY_OVERLOADED where too many wait already.
   */
  begin(key: string, client: Client, until: number, window: number = REPEAT_WINDOW): BeginResult {
    const status = this.#answered.get(key, this.#now());
    if (status !== undefined) return { kind: 'answered', status };
    const waiters = this.#open.get(key);
    if (waiters === undefined) {
      this.#open.set(key, null);
      return { kind: 'original', original: new OpenOriginal(key, window, this.#finish) };
    }
    if (!this.#waiting.tryAcquire()) {
      throw new DoorError('GWPROXY_OVERLOADED', 'too many repeats wait for their twin', { retryAfter: 1 });
    }
    const together = waiters ?? new Set();
    this.#open.set(key, together);
    return { kind: 'repeat', settled: this.#wait(together, client, until, window) };
  }

  /** What an earlier run took, at `at` (epoch ms), and a sender may repeat to this one. */
  remember(key: string, status: number, at: number, window: number = REPEAT_WINDOW): void {
    this.#answered.set(key, status, at + window);
  }

  #wait(waiters: Set<Waiter>, client: Client, until: number, window: number): Promise<Settled> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        this.#remove(waiters, waiter);
        reject(error);
      };
      const timer = this.#timers.after(until - this.#now(), () => fail(stillUnderWay()));
      const waiter: Waiter = { client, window, settle: resolve, timer };
      waiters.add(waiter);
      client.onDisconnect(() => fail(new ClientDisconnected()));
    });
  }

  #remove(waiters: Set<Waiter>, waiter: Waiter): void {
    waiters.delete(waiter);
    this.#waiting.release();
    this.#timers.cancel(waiter.timer);
    waiter.client.onDisconnect(null);
  }

  readonly #finish = (key: string, window: number, status: number): void => {
    if (status >= 200 && status < 300) this.#answerRepeats(key, status, window);
    else this.#promoteNext(key);
  };

  #answerRepeats(key: string, status: number, window: number): void {
    const waiters = this.#open.get(key) ?? null;
    this.#open.delete(key);
    this.#answered.set(key, status, this.#now() + window);
    if (waiters === null) return;
    for (const waiter of [...waiters]) {
      this.#remove(waiters, waiter);
      waiter.settle({ kind: 'answered', status });
    }
  }

  /** The oldest repeat takes its own way, and the others wait for it. */
  #promoteNext(key: string): void {
    const waiters = this.#open.get(key) ?? null;
    const [next] = waiters ?? [];
    if (waiters === null || next === undefined) {
      this.#open.delete(key);
      return;
    }
    this.#remove(waiters, next);
    next.settle({ kind: 'original', original: new OpenOriginal(key, next.window, this.#finish) });
  }
}

/** Not a pair of closures: one of these is made for nearly every request. */
class OpenOriginal implements Original {
  readonly #key: string;
  readonly #window: number;
  #finish: ((key: string, window: number, status: number) => void) | null;

  constructor(key: string, window: number, finish: (key: string, window: number, status: number) => void) {
    this.#key = key;
    this.#window = window;
    this.#finish = finish;
  }

  done(status: number): void {
    const finish = this.#finish;
    this.#finish = null;
    finish?.(this.#key, this.#window, status);
  }

  failed(): void {
    this.done(0);
  }
}

function stillUnderWay(): DoorError {
  return new DoorError('GWPROXY_UPSTREAM_TIMEOUT', 'the same delivery is still under way');
}
