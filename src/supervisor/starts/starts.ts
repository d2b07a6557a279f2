import { availableParallelism } from 'node:os';
import { admit, emptyQueue, enqueue, prioritize, release, type StartQueue } from './start-queue.ts';

/** ms after which a gateway that is still starting frees its slot: it mostly waits then, and uses little CPU. */
const SLOT_TIMEOUT = 5000;

interface WaitingStart {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** Limits how many gateways of a supervisor start at once: forty on two cores would all be late. */
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
   * Resolves when the profile has a slot, or when `release` is called before. `isUrgent`: a request or an operator
   * waits for it.
   */
  acquire(profile: string, isUrgent = false): Promise<void> {
    this.release(profile);
    const start = newStart();
    this.#waiting.set(profile, start);
    const queue = enqueue(this.#queue, profile);
    this.#update(isUrgent ? prioritize(queue, profile) : queue);
    return start.promise;
  }

  /** Whether the profile waits for a slot. */
  isWaiting(profile: string): boolean {
    return this.#waiting.has(profile);
  }

  /** Puts the profile's start ahead of the others, since a request or an operator waits for it. */
  prioritize(profile: string): void {
    // This is called for every request that is held.
    if (this.#waiting.has(profile)) this.#update(prioritize(this.#queue, profile));
  }

  /** Frees the profile's slot, or ends its wait: it has started, has failed, or must not start any more. */
  release(profile: string): void {
    this.#endWait(profile);
    this.#update(release(this.#queue, profile));
  }

  #update(queue: StartQueue): void {
    const next = admit(queue);
    this.#queue = next.queue;
    for (const name of next.names) {
      this.#endWait(name);
      this.#timers.set(
        name,
        setTimeout(() => this.release(name), this.#longest),
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

function newStart(): WaitingStart {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
