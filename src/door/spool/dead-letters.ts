import { type Chosen, isChosen } from './listing.ts';
import type { DeadLetter } from './store/spooled-delivery.ts';

/** Ms that a dead letter waits for the operator before it is deleted. */
const RETENTION = 7 * 24 * 60 * 60 * 1000;

/** The deliveries that wait for the operator. */
export class DeadLetters {
  /** In the order in which they died. */
  readonly #dead = new Map<string, DeadLetter>();

  add(dead: DeadLetter): void {
    this.#dead.set(dead.id, dead);
  }

  /** Removes the chosen ones, and returns them. */
  remove(chosen: Chosen): readonly DeadLetter[] {
    return this.#delete([...this.#dead.values()].filter((one) => isChosen(chosen, one)));
  }

  /** Removes those older than RETENTION, and returns them; `now` in epoch ms. */
  removeExpired(now: number): readonly DeadLetter[] {
    if (this.nextExpiryAt() > now) return [];
    return this.#delete([...this.#dead.values()].filter(({ diedAt }) => diedAt + RETENTION <= now));
  }

  /** When the next one will be removed, epoch ms; Infinity for none. */
  nextExpiryAt(): number {
    const [first] = this.#dead.values();
    return first === undefined ? Number.POSITIVE_INFINITY : first.diedAt + RETENTION;
  }

  list(): readonly DeadLetter[] {
    return [...this.#dead.values()];
  }

  #delete(dead: readonly DeadLetter[]): readonly DeadLetter[] {
    for (const { id } of dead) this.#dead.delete(id);
    return dead;
  }
}
