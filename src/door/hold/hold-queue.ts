import type { Target } from '../../snapshot.ts';
import type { Timer } from '../../util/timers.ts';
import type { Client } from '../http/client.ts';
import type { Delivery } from './delivery.ts';
import { FIRST_ROUND, type ReleaseRound, type RoundSlot } from './round.ts';

/** A request that waits for one listener. */
export interface Waiter {
  readonly id: string;
  readonly client: Client;
  readonly delivery: Delivery;
  readonly listener: string;
  /** Orders requests that arrived in the same ms. A request that must wait again keeps its order. */
  readonly order: number;
  readonly until: number;
  readonly release: (slot: RoundSlot) => void;
  readonly fail: (error: unknown) => void;
  /** Whether ensureReady was called for this request. */
  readinessRequested: boolean;
  timer: Timer | null;
}

/** The requests that wait for one listener, in order of arrival; `add` may be called in any order. */
export class HoldQueue {
  /** The target in the newest snapshot. */
  target: Target;
  /** How many are released in the next round. */
  roundSize = FIRST_ROUND;
  /** The round that must end before the next one starts; null if none runs. */
  round: ReleaseRound | null = null;
  /** The round released every waiting request. Requests that arrive during it are released together when it ends. */
  isFinalRound = false;
  #waiters = new Set<Waiter>();
  #newest: Waiter | null = null;

  constructor(target: Target) {
    this.target = target;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** A copy, so that callers may remove waiters while they iterate. */
  get all(): readonly Waiter[] {
    return [...this.#waiters];
  }

  add(waiter: Waiter): void {
    this.#waiters.add(waiter);
    if (this.#newest === null || byArrival(this.#newest, waiter) <= 0) this.#newest = waiter;
    else this.#waiters = new Set([...this.#waiters].sort(byArrival));
  }

  delete(waiter: Waiter): void {
    this.#waiters.delete(waiter);
  }
}

function byArrival(one: Waiter, other: Waiter): number {
  return one.delivery.arrivedAt - other.delivery.arrivedAt || one.order - other.order;
}
