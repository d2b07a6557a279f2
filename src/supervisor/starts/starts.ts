import { availableParallelism } from 'node:os';
import { admit, enqueue, noTurns, prioritize, release, type Turns } from './turns.ts';

/** A gateway that is still starting after this holds up no other: what takes longer waits more than it works. */
const LONGEST_TURN = 5000;

interface Turn {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** So many gateways start at once: forty on two cores would all be late. One for each supervisor. */
export class Starts {
  readonly #longest: number;
  #turns: Turns;
  readonly #waiting = new Map<string, Turn>();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  /** `longest` is the ms after which a turn is over in any case. */
  constructor(concurrency: number | null, longest = LONGEST_TURN) {
    this.#longest = longest;
    this.#turns = noTurns(limitOf(concurrency));
  }

  /** From now on so many at once; null is as many as this machine's cores suggest. */
  setLimit(concurrency: number | null): void {
    this.#become({ ...this.#turns, limit: limitOf(concurrency) });
  }

  /** Resolves when it is that profile's turn, or when `release` is called before. `isUrgent`: a request or an operator waits for it. */
  acquire(profile: string, isUrgent = false): Promise<void> {
    this.release(profile);
    const turn = newTurn();
    this.#waiting.set(profile, turn);
    const turns = enqueue(this.#turns, profile);
    this.#become(isUrgent ? prioritize(turns, profile) : turns);
    return turn.promise;
  }

  /** It is to start, and others come first. */
  isWaiting(profile: string): boolean {
    return this.#waiting.has(profile);
  }

  /** Somebody waits for it: it is next. */
  prioritize(profile: string): void {
    // Called for every request that is held.
    if (this.#waiting.has(profile)) this.#become(prioritize(this.#turns, profile));
  }

  /** It has started, failed, or is to start no more: the next one's turn. */
  release(profile: string): void {
    this.#leave(profile);
    this.#become(release(this.#turns, profile));
  }

  #become(turns: Turns): void {
    const next = admit(turns);
    this.#turns = next.turns;
    for (const name of next.names) {
      this.#leave(name);
      this.#timers.set(
        name,
        setTimeout(() => this.release(name), this.#longest),
      );
    }
  }

  #leave(profile: string): void {
    clearTimeout(this.#timers.get(profile));
    this.#timers.delete(profile);
    this.#waiting.get(profile)?.resolve();
    this.#waiting.delete(profile);
  }
}

/** A start is mostly CPU, and partly waits for the disk and the network. */
function limitOf(concurrency: number | null): number {
  return concurrency ?? Math.max(4, 2 * availableParallelism());
}

function newTurn(): Turn {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
