import type { Target } from '../../snapshot.ts';
import type { Timer } from '../../util/timers.ts';
import type { Client } from '../http/client.ts';
import type { Delivery } from './delivery.ts';
import { FIRST_ROUND, type ReleaseRound, type Turn } from './round.ts';

/** A request that waits for one listener. */
export interface Waiter {
  readonly id: string;
  readonly client: Client;
  readonly delivery: Delivery;
  /** Its place among those of the same ms; who has to wait again keeps it. */
  readonly order: number;
  readonly until: number;
  readonly release: (turn: Turn) => void;
  readonly fail: (error: unknown) => void;
  /** The supervisor knows that it waits. */
  readinessRequested: boolean;
  timer: Timer | null;
}

/** Those who wait for one listener, in the order of their arrival, which is not always that in which they come here. */
export class HoldQueue {
  /** As in the newest snapshot. */
  target: Target;
  /** How many go in the next round. */
  roundSize = FIRST_ROUND;
  /** Those that went, until the next ones may go. */
  round: ReleaseRound | null = null;
  /** Nobody was left behind the round: who comes until it is over goes right after it, and the queue ends. */
  isFinalRound = false;
  #waiters = new Set<Waiter>();
  #newest: Waiter | null = null;

  constructor(target: Target) {
    this.target = target;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** As they are now. */
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
