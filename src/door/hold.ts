import type { Limits } from '../config/types.ts';
import { DoorError } from '../errors.ts';
import type { SupervisorPort, Target } from '../snapshot.ts';
import type { Counters } from './counters.ts';
import { retryAfter } from './deadline.ts';
import { type Client, ClientLeft } from './exchange.ts';
import type { Timer, Timers } from './timers.ts';

interface Waiter {
  readonly id: string;
  readonly client: Client;
  readonly profile: string;
  readonly listener: string;
  readonly until: number;
  readonly release: () => void;
  readonly fail: (error: Error) => void;
  /** As the newest snapshot says. */
  retryAt: number | null;
  timer: Timer | null;
}

export interface HoldOptions {
  readonly doorId: string;
  readonly supervisor: SupervisorPort;
  readonly limits: Pick<Limits, 'held' | 'heldPerProfile'>;
  readonly counters: Counters;
  readonly timers: Timers;
  readonly now: () => number;
}

/** Requests whose gateway is not ready, by listener, each in the order of arrival. */
export class Hold {
  readonly #options: HoldOptions;
  readonly #queues = new Map<string, Map<string, Set<Waiter>>>();
  #size = 0;
  #lastId = 0;

  constructor(options: HoldOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#size;
  }

  /**
   * Resolves when the pending target is ready. Rejects with GWPROXY_UPSTREAM_NOT_READY at `until` (epoch ms), and
   * at once where the next start lies beyond it; with GWPROXY_OVERLOADED where too many wait; with ClientLeft.
   */
  wait(client: Client, target: Target, until: number): Promise<void> {
    const { supervisor, timers, now } = this.#options;
    if (target.state === 'down' || isVain(target, until, now())) {
      return Promise.reject(notReady(target.retryAt, now()));
    }
    if (this.#isFull(target.profile)) return Promise.reject(full());
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      const waiter: Waiter = {
        id: `${this.#options.doorId}-${this.#lastId}`,
        client,
        profile: target.profile,
        listener: target.listener,
        until,
        release: resolve,
        fail: reject,
        retryAt: target.retryAt,
        timer: null,
      };
      this.#add(waiter);
      waiter.timer = timers.after(until - now(), () => this.#fail(waiter, notReady(waiter.retryAt, now())));
      client.onLeave(() => this.#fail(waiter, new ClientLeft()));
      const { id, profile, listener } = waiter;
      try {
        supervisor.ensureReady({ id, profile, listener, deadlineAt: until });
      } catch (error) {
        this.#remove(waiter);
        throw error;
      }
    });
  }

  /** A short wait before another try; the request keeps a place among the held. Rejects as `wait` does. */
  pause(client: Client, profile: string, ms: number): Promise<void> {
    if (this.#isFull(profile)) return Promise.reject(full());
    return new Promise((resolve, reject) => {
      this.#count(profile, 1);
      const end = (): void => {
        this.#count(profile, -1);
        client.onLeave(null);
      };
      const timer = this.#options.timers.after(ms, () => {
        end();
        resolve();
      });
      client.onLeave(() => {
        this.#options.timers.cancel(timer);
        end();
        reject(new ClientLeft());
      });
    });
  }

  /** Lets go of those whose target is ready, in the order of arrival, and refuses those who wait in vain. */
  apply(find: (profile: string, listener: string) => Target | undefined): void {
    const waiting = [...this.#queues.values()].flatMap((listeners) => [...listeners.values()]);
    for (const queue of waiting) {
      for (const waiter of [...queue]) this.#settle(waiter, find(waiter.profile, waiter.listener));
    }
  }

  #settle(waiter: Waiter, target: Target | undefined): void {
    const now = this.#options.now();
    waiter.retryAt = target?.retryAt ?? null;
    if (target?.state === 'ready') {
      this.#remove(waiter);
      waiter.release();
    } else if (target === undefined || target.state === 'down' || isVain(target, waiter.until, now)) {
      this.#fail(waiter, notReady(waiter.retryAt, now));
    }
  }

  #fail(waiter: Waiter, error: Error): void {
    this.#remove(waiter);
    this.#options.supervisor.cancel(waiter.id);
    waiter.fail(error);
  }

  #isFull(profile: string): boolean {
    const { limits, counters } = this.#options;
    return this.#size >= limits.held || counters.of(profile).held >= limits.heldPerProfile;
  }

  #add(waiter: Waiter): void {
    let listeners = this.#queues.get(waiter.profile);
    if (listeners === undefined) {
      listeners = new Map();
      this.#queues.set(waiter.profile, listeners);
    }
    const queue = listeners.get(waiter.listener);
    if (queue === undefined) listeners.set(waiter.listener, new Set([waiter]));
    else queue.add(waiter);
    this.#count(waiter.profile, 1);
  }

  #remove(waiter: Waiter): void {
    const listeners = this.#queues.get(waiter.profile);
    const queue = listeners?.get(waiter.listener);
    queue?.delete(waiter);
    if (queue?.size === 0) listeners?.delete(waiter.listener);
    if (listeners?.size === 0) this.#queues.delete(waiter.profile);
    this.#count(waiter.profile, -1);
    this.#options.timers.cancel(waiter.timer);
    waiter.client.onLeave(null);
  }

  #count(profile: string, change: 1 | -1): void {
    this.#size += change;
    this.#options.counters.of(profile).held += change;
  }
}

function isVain(target: Target, until: number, now: number): boolean {
  return until <= now || (target.retryAt !== null && target.retryAt > until);
}

function notReady(retryAt: number | null, now: number): DoorError {
  return new DoorError('GWPROXY_UPSTREAM_NOT_READY', 'the gateway for this request is not ready', {
    retryAfter: retryAfter(retryAt, now),
  });
}

function full(): DoorError {
  return new DoorError('GWPROXY_OVERLOADED', 'too many requests wait for this gateway', { retryAfter: 1 });
}
