import { DoorError } from '../../errors.ts';
import { BoundedBudget } from '../../util/bounded-budget.ts';
import type { Timer, Timers } from '../../util/timers.ts';
import { type Client, ClientDisconnected } from '../http/client.ts';
import { AnsweredCache } from './answered.ts';

/**
 * Ms after a 2xx in which a repeat is not delivered again: Slack's last repeat comes 5 minutes after its first try
 * (docs.slack.dev/apis/events-api), Bot Framework's within one.
 */
export const REPEAT_WINDOW = 10 * 60_000;

/** Answered deliveries that are remembered (about 200 bytes each); the oldest is forgotten first. */
const MAX_ANSWERED = 10_000;
/** Repeats that may wait at once, for all originals together. */
const MAX_WAITING = 1000;

/** A delivery that is not a repeat: the caller delivers it and reports the outcome, once. Further calls do nothing. */
export interface Original {
  /** The gateway answered. After a 2xx its repeats get the same status; otherwise the oldest repeat is delivered. */
  done(status: number): void;
  /** There was no answer. */
  failed(): void;
}

export type Settled =
  /** No original is in flight or was accepted: the caller delivers this one. */
  | { readonly kind: 'original'; readonly original: Original }
  /** The original was answered with this status: the answer is that status with an empty body. */
  | { readonly kind: 'answered'; readonly status: number };

export type BeginResult =
  | Settled
  /**
   * The original is in flight. Rejects with GWPROXY_UPSTREAM_TIMEOUT if it takes too long, or with
   * ClientDisconnected.
   */
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

/** Knows the deliveries in flight and those answered lately, so that a repeated delivery reaches its gateway once. */
export class Repeats {
  readonly #timers: Timers;
  readonly #now: () => number;
  /** The originals in flight, each with its repeats in the order of arrival; null if there was none yet. */
  readonly #open = new Map<string, Set<Waiter> | null>();
  readonly #answered: AnsweredCache;
  readonly #waiting: BoundedBudget;

  constructor({ timers, now, remembered = MAX_ANSWERED, waiting = MAX_WAITING }: RepeatsOptions) {
    this.#timers = timers;
    this.#now = now;
    this.#answered = new AnsweredCache(remembered);
    this.#waiting = new BoundedBudget(waiting);
  }

  /**
   * Registers a received delivery. A repeat waits for its original until `until` (epoch ms) at most; after a 2xx,
   * repeats get the same status for `window` ms. Throws GWPROXY_OVERLOADED if too many repeats wait already.
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
      throw new DoorError('GWPROXY_OVERLOADED', 'too many repeats wait for their original', {
        retryAfter: 1,
      });
    }
    const together = waiters ?? new Set();
    this.#open.set(key, together);
    return { kind: 'repeat', settled: this.#wait(together, client, until, window) };
  }

  /** Registers a delivery that an earlier run accepted at `at` (epoch ms). */
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

  /** The oldest repeat becomes the original, and the others wait for it. */
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

/** A class, not a pair of closures: one is made for nearly every request. */
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
  return new DoorError('GWPROXY_UPSTREAM_TIMEOUT', 'the same delivery is still in flight');
}
