import type { Limits } from '../../config/types.ts';
import { DoorError } from '../../errors.ts';
import type { SupervisorPort, Target } from '../../snapshot.ts';
import type { Timers } from '../../util/timers.ts';
import { type Client, ClientDisconnected } from '../http/client.ts';
import type { Counters } from '../upstream/counters.ts';
import { retryAfter } from './deadline.ts';
import type { Delivery } from './delivery.ts';
import { chooseDisplaced } from './displace.ts';
import { HoldQueue, type Waiter } from './hold-queue.ts';
import { HoldPlaces } from './places.ts';
import { FIRST_ROUND, nextRoundSize, ReleaseRound, type RoundSlot, unpacedSlot } from './round.ts';

/** Longest round in ms: a gateway that is slow or hangs on some requests still gets 32 a second. */
const ROUND_TIMEOUT = 250;

export interface HoldOptions {
  readonly doorId: string;
  readonly supervisor: SupervisorPort;
  readonly limits: Pick<Limits, 'held'>;
  readonly counters: Counters;
  readonly timers: Timers;
  readonly now: () => number;
  /** Ms after which the next round starts although the last one is not over; by default 250. */
  readonly roundTimeout?: number | undefined;
}

/**
 * Holds requests whose gateway is not ready, by listener, bounded in number and bytes, each profile within a share of the
 * places. Where places are scarce a verified request takes that of one that is not. Once the gateway is ready it
 * releases them in the order of arrival, in rounds (ReleaseRound). A request that arrives while others are held or have
 * just been released queues behind them.
 */
export class Hold {
  readonly #options: HoldOptions;
  readonly #queues = new Map<string, Map<string, HoldQueue>>();
  /** The order of requests that waited before, so that they do not queue behind later ones. */
  readonly #orders = new WeakMap<Delivery, number>();
  readonly #places: HoldPlaces;
  #lastId = 0;

  constructor(options: HoldOptions) {
    this.#options = options;
    this.#places = new HoldPlaces(options.limits, options.counters);
  }

  get size(): number {
    return this.#places.used;
  }

  /**
   * Whether requests are held for the target or were just released, so that a new one must queue even if the target
   * is ready.
   */
  isQueued({ profile, listener }: Target): boolean {
    return this.#queues.size > 0 && this.#queues.get(profile)?.get(listener) !== undefined;
  }

  /**
   * Resolves with a slot when the target is ready and the delivery's round begins, or at `until` (epoch ms) if the
   * target is ready then; the caller must end the slot. Rejects with GWPROXY_UPSTREAM_NOT_READY at `until`, or at
   * once if the next start is later than that; with GWPROXY_OVERLOADED if a limit is reached; with
   * ClientDisconnected.
   */
  wait(client: Client, delivery: Delivery, target: Target, until: number): Promise<RoundSlot> {
    const { timers, now } = this.#options;
    if (target.state === 'ready' && until <= now()) return Promise.resolve(unpacedSlot);
    if (target.state === 'down' || isFutile(target, until, now())) {
      return Promise.reject(notReady(target.retryAt, now()));
    }
    if (!this.#tryAcquire(client, delivery)) return Promise.reject(full());
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      const order = this.#orders.get(delivery) ?? this.#lastId;
      this.#orders.set(delivery, order);
      const waiter: Waiter = {
        id: `${this.#options.doorId}-${this.#lastId}`,
        client,
        delivery,
        listener: target.listener,
        order,
        until,
        release: resolve,
        fail: reject,
        readinessRequested: false,
        timer: null,
      };
      const queue = this.#queueFor(target);
      queue.add(waiter);
      waiter.timer = timers.after(until - now(), () => this.#onDeadline(queue, waiter));
      client.onDisconnect(() => this.#fail(queue, waiter, new ClientDisconnected()));
      if (target.state === 'pending') this.#requestReady(queue, waiter);
      else this.#startRound(queue);
    });
  }

  /** Waits `ms` before another try, counted as held. Rejects with GWPROXY_OVERLOADED or ClientDisconnected. */
  pause(client: Client, delivery: Delivery, ms: number): Promise<void> {
    if (!this.#tryAcquire(client, delivery)) return Promise.reject(full());
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#places.release(delivery);
        client.onDisconnect(null);
      };
      const timer = this.#options.timers.after(ms, () => {
        end();
        resolve();
      });
      client.onDisconnect(() => {
        this.#options.timers.cancel(timer);
        end();
        reject(new ClientDisconnected());
      });
    });
  }

  /**
   * Releases the requests whose target is ready, and refuses those that would wait in vain. `find` returns the new
   * targets.
   */
  apply(find: (profile: string, listener: string) => Target | undefined): void {
    const waiting = [...this.#queues.values()].flatMap((listeners) => [...listeners.values()]);
    for (const queue of waiting) {
      const { profile, listener, state, generation } = queue.target;
      const target = find(profile, listener);
      const hasChanged = state !== 'ready' || target?.generation !== generation;
      queue.target = target ?? { ...queue.target, state: 'down', retryAt: null };
      if (target?.state === 'ready') {
        if (hasChanged) resetRounds(queue);
        this.#startRound(queue);
      } else {
        for (const waiter of queue.all) this.#recheck(queue, waiter);
      }
    }
  }

  /** Refuses a request whose target will not be ready in time, and asks for the gateway otherwise. */
  #recheck(queue: HoldQueue, waiter: Waiter): void {
    const now = this.#options.now();
    const { target } = queue;
    if (target.state === 'down' || isFutile(target, waiter.until, now)) {
      this.#fail(queue, waiter, notReady(target.retryAt, now));
    } else this.#requestReady(queue, waiter);
  }

  #requestReady(queue: HoldQueue, waiter: Waiter): void {
    if (waiter.readinessRequested) return;
    waiter.readinessRequested = true;
    const { profile, listener } = queue.target;
    try {
      this.#options.supervisor.ensureReady({ id: waiter.id, profile, listener, deadlineAt: waiter.until });
    } catch (error) {
      this.#remove(queue, waiter);
      waiter.fail(error);
    }
  }

  /** Starts the next round if the one before has ended. */
  #startRound(queue: HoldQueue): void {
    if (queue.round !== null) return;
    if (queue.size === 0) this.#forget(queue);
    else if (queue.target.state !== 'ready') return;
    else if (queue.isFinalRound)
      for (const waiter of queue.all) this.#releaseWaiter(queue, waiter, unpacedSlot);
    else this.#beginRound(queue);
  }

  #beginRound(queue: HoldQueue): void {
    const { timers } = this.#options;
    const released = queue.all.slice(0, queue.roundSize);
    const round = new ReleaseRound(released.length, (answered) => {
      timers.cancel(timer);
      // A new generation has rounds of its own.
      if (queue.round !== round) return;
      queue.round = null;
      queue.roundSize = nextRoundSize(queue.roundSize, answered);
      this.#startRound(queue);
    });
    const timer = timers.after(this.#options.roundTimeout ?? ROUND_TIMEOUT, () => round.end());
    queue.round = round;
    queue.isFinalRound = released.length === queue.size;
    for (const waiter of released) this.#releaseWaiter(queue, waiter, round.newSlot());
  }

  #releaseWaiter(queue: HoldQueue, waiter: Waiter, slot: RoundSlot): void {
    this.#remove(queue, waiter);
    waiter.release(slot);
  }

  #onDeadline(queue: HoldQueue, waiter: Waiter): void {
    if (queue.target.state === 'ready') this.#releaseWaiter(queue, waiter, unpacedSlot);
    else this.#fail(queue, waiter, notReady(queue.target.retryAt, this.#options.now()));
  }

  #fail(queue: HoldQueue, waiter: Waiter, error: Error): void {
    this.#remove(queue, waiter);
    if (waiter.readinessRequested) this.#options.supervisor.cancel(waiter.id);
    waiter.fail(error);
  }

  /** Counts the delivery as held; false, and it is not counted, if a limit is reached and no other one gives way. */
  #tryAcquire(client: Client, delivery: Delivery): boolean {
    for (;;) {
      const room = this.#places.roomFor(delivery);
      if (room === 'fits') break;
      if (!this.#displaceOne(client, delivery, room)) return false;
    }
    this.#places.acquire(delivery);
    return true;
  }

  #displaceOne(client: Client, delivery: Delivery, room: 'profile-full' | 'full'): boolean {
    const own = this.#queues.get(delivery.profile);
    const listeners = room === 'full' ? [...this.#queues.values()] : own === undefined ? [] : [own];
    const queues = listeners.flatMap((one) => [...one.values()]);
    const waiting = queues.flatMap((queue) => queue.all);
    const displaced = chooseDisplaced(waiting, client, delivery, room);
    const queue = displaced && this.#queues.get(displaced.delivery.profile)?.get(displaced.listener);
    if (displaced === undefined || queue === undefined) return false;
    this.#fail(queue, displaced, displacedError());
    return true;
  }

  #queueFor(target: Target): HoldQueue {
    let listeners = this.#queues.get(target.profile);
    if (listeners === undefined) {
      listeners = new Map();
      this.#queues.set(target.profile, listeners);
    }
    let queue = listeners.get(target.listener);
    if (queue === undefined) {
      queue = new HoldQueue(target);
      listeners.set(target.listener, queue);
    }
    return queue;
  }

  #remove(queue: HoldQueue, waiter: Waiter): void {
    queue.delete(waiter);
    if (queue.size === 0 && queue.round === null) this.#forget(queue);
    this.#places.release(waiter.delivery);
    this.#options.timers.cancel(waiter.timer);
    waiter.client.onDisconnect(null);
  }

  #forget({ target: { profile, listener } }: HoldQueue): void {
    const listeners = this.#queues.get(profile);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#queues.delete(profile);
  }
}

/** Begins rounds anew for a new generation. If that generation goes away, the supervisor is asked again. */
function resetRounds(queue: HoldQueue): void {
  queue.round = null;
  queue.isFinalRound = false;
  queue.roundSize = FIRST_ROUND;
  for (const waiter of queue.all) waiter.readinessRequested = false;
}

function isFutile(target: Target, until: number, now: number): boolean {
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

function displacedError(): DoorError {
  return new DoorError('GWPROXY_OVERLOADED', 'too many requests wait, and others go first', {
    retryAfter: 1,
  });
}
