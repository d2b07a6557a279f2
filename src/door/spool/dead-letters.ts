import { type Chosen, isChosen } from './listing.ts';
import type { Dead } from './store/spooled-delivery.ts';

/** How long a dead delivery is kept for the operator, in ms. */
const KEPT = 7 * 24 * 60 * 60 * 1000;

/** The deliveries that wait for the operator alone. */
export class DeadLetters {
  /** Those that died first come first. */
  readonly #dead = new Map<string, Dead>();

  add(dead: Dead): void {
    this.#dead.set(dead.id, dead);
  }

  /** Takes out those that are meant. */
  take(chosen: Chosen): readonly Dead[] {
    return this.#out([...this.#dead.values()].filter((one) => isChosen(chosen, one)));
  }

  /** Takes out those that were kept long enough; `now` in epoch ms. */
  takeOld(now: number): readonly Dead[] {
    if (this.nextAt() > now) return [];
    return this.#out([...this.#dead.values()].filter(({ diedAt }) => diedAt + KEPT <= now));
  }

  /** When the next one will have been kept long enough, epoch ms; Infinity for none. */
  nextAt(): number {
    const [first] = this.#dead.values();
    return first === undefined ? Number.POSITIVE_INFINITY : first.diedAt + KEPT;
  }

  list(): readonly Dead[] {
    return [...this.#dead.values()];
  }

  #out(dead: readonly Dead[]): readonly Dead[] {
    for (const { id } of dead) this.#dead.delete(id);
    return dead;
  }
}
