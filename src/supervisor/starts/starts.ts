import { availableParallelism } from 'node:os';
import {
  admit,
  emptyQueue,
  enqueue,
  freeSlot,
  prioritize,
  release,
  type Start,
  type StartQueue,
  setGroup,
  waitReason,
} from './start-queue.ts';

/** ms after which a gateway that is still starting frees its slot: it mostly waits then, and uses little CPU. */
const SLOT_TIMEOUT = 5000;

interface WaitingStart {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/**
 * Limits how many gateways of a supervisor start at once: forty on two cores would all be late. Of one `start_group`
 * only one starts at a time.
 */
export class Starts {
  readonly #longest: number;
  #queue: StartQueue;
  readonly #waiting = new Map<string, WaitingStart>();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  /** `longest` is the ms after which a slot is freed in any case. */
  constructor(concurrency: number | null, longest = SLOT_TIMEOUT) {
    this.#longest = longest;
    this.#queue = emptyQueue(limitOf(concurrency));
  }

  /** Changes the limit; null derives it from this machine's cores. */
  setLimit(concurrency: number | null): void {
    this.#update({ ...this.#queue, limit: limitOf(concurrency) });
  }

  /**
   * Resolves when the start has a slot and its group is free, or when `release` is called before. `isUrgent`: a request
   * or an operator waits for it. The group stays occupied until `release`.
   */
  acquire(start: Start, isUrgent = false): Promise<void> {
    this.release(start.name);
    const waiting = newWaitingStart();
    this.#waiting.set(start.name, waiting);
    const queue = enqueue(this.#queue, start);
    this.#update(isUrgent ? prioritize(queue, start.name) : queue);
    return waiting.promise;
  }

  /** Why the profile's start waits, for the operator; null if it does not wait. */
  waitReason(profile: string): string | null {
    return waitReason(this.#queue, profile);
  }

  /** Applies the `start_group` of a changed config to a start that waits or is under way. */
  setGroup(start: Start): void {
    this.#update(setGroup(this.#queue, start));
  }

  /** Puts the profile's start ahead of the others, since a request or an operator waits for it. */
  prioritize(profile: string): void {
    // This is called for every request that is held.
    if (this.#waiting.has(profile)) this.#update(prioritize(this.#queue, profile));
  }

  /** Frees the profile's slot and its group, or ends its wait: it has started, or nothing of its start is left. */
  release(profile: string): void {
    this.#endWait(profile);
    this.#update(release(this.#queue, profile));
  }

  /**
   * Ends a start that is given up: its wait, or its use of a slot. A process that it has begun may live on for its whole
   * grace, so its group stays occupied until `release`.
   */
  abandon(profile: string): void {
    if (this.#waiting.has(profile)) this.release(profile);
    else {
      this.#endWait(profile);
      this.#update(freeSlot(this.#queue, profile));
    }
  }

  #update(queue: StartQueue): void {
    const next = admit(queue);
    this.#queue = next.queue;
    for (const name of next.names) {
      this.#endWait(name);
      this.#timers.set(
        name,
        setTimeout(() => this.#update(freeSlot(this.#queue, name)), this.#longest),
      );
    }
  }

  #endWait(profile: string): void {
    clearTimeout(this.#timers.get(profile));
    this.#timers.delete(profile);
    this.#waiting.get(profile)?.resolve();
    this.#waiting.delete(profile);
  }
}

/** A start is mostly CPU time, and partly waits for the disk and the network. */
function limitOf(concurrency: number | null): number {
  return concurrency ?? Math.max(4, 2 * availableParallelism());
}

function newWaitingStart(): WaitingStart {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
