import { availableParallelism } from 'node:os';
import { admit, enqueue, noTurns, prioritize, release, type Turns } from './turns.ts';

/** ms after which a gateway that is still starting gives up its turn: by then it mostly waits, and uses little CPU. */
const LONGEST_TURN = 5000;

interface Turn {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

/** Limits how many gateways of a supervisor start at once: forty on two cores would all be late. */
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

  /** Changes the limit; null is as many as this machine's cores suggest. */
  setLimit(concurrency: number | null): void {
    this.#update({ ...this.#turns, limit: limitOf(concurrency) });
  }

  /** Resolves when it is that profile's turn, or when `release` is called before. `isUrgent`: a request or an operator waits for it. */
  acquire(profile: string, isUrgent = false): Promise<void> {
    this.release(profile);
    const turn = newTurn();
    this.#waiting.set(profile, turn);
    const turns = enqueue(this.#turns, profile);
    this.#update(isUrgent ? prioritize(turns, profile) : turns);
    return turn.promise;
  }

  /** Whether it waits for its turn. */
  isWaiting(profile: string): boolean {
    return this.#waiting.has(profile);
  }

  /** A request or an operator waits for it: it goes ahead of the others. */
  prioritize(profile: string): void {
    // This is called for every request that is held.
    if (this.#waiting.has(profile)) this.#update(prioritize(this.#turns, profile));
  }

  /** It has started, failed, or must not start any more: gives its turn to the next one. */
  release(profile: string): void {
    this.#cancelTurn(profile);
    this.#update(release(this.#turns, profile));
  }

  #update(turns: Turns): void {
    const next = admit(turns);
    this.#turns = next.turns;
    for (const name of next.names) {
      this.#cancelTurn(name);
      this.#timers.set(
        name,
        setTimeout(() => this.release(name), this.#longest),
      );
    }
  }

  #cancelTurn(profile: string): void {
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

function newTurn(): Turn {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
