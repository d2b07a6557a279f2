import type { Spooled, Tries } from './store/spooled-delivery.ts';

/**
 * writing: the delivery has its place in the order but is not on disk yet. leaving: its outcome is being written to
 * disk. In every state it blocks the deliveries behind it.
 */
export type QueuedState = 'writing' | 'queued' | 'delivering' | 'leaving';

export interface Queued extends Tries {
  readonly spooled: Spooled;
  readonly state: QueuedState;
}

export interface QueuedItem extends Queued {
  state: QueuedState;
  tries: number;
  unsent: number;
  lastStatus: string | null;
  /** Epoch ms before which it is not sent. */
  dueAt: number;
  /** Epoch ms. */
  expiry: number;
}

/** One profile's deliveries: a lane for each order key, the oldest delivery of a lane first. */
export class ProfileQueue {
  /** How many may be sent at once. */
  window: number;
  /** How many are being sent. */
  delivering = 0;
  /** A lane is never empty. Deliveries without an order key share the lane `null`. */
  readonly #lanes = new Map<string | null, QueuedItem[]>();
  #size = 0;

  constructor(window: number) {
    this.window = window;
  }

  get size(): number {
    return this.#size;
  }

  /** Epoch ms of the oldest delivery's arrival. */
  get oldest(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const { spooled } of this.heads()) oldest = Math.min(oldest, spooled.receivedAt);
    return oldest;
  }

  add(item: QueuedItem): void {
    const { orderKey } = item.spooled;
    const lane = this.#lanes.get(orderKey);
    if (lane === undefined) this.#lanes.set(orderKey, [item]);
    else lane.push(item);
    this.#size += 1;
  }

  remove(item: QueuedItem): void {
    const { orderKey } = item.spooled;
    const lane = this.#lanes.get(orderKey);
    if (lane === undefined) return;
    lane.splice(lane.indexOf(item), 1);
    this.#size -= 1;
    if (lane.length === 0) this.#lanes.delete(orderKey);
  }

  /** The first delivery of each lane, in the order of the lanes. */
  *heads(): Generator<QueuedItem> {
    for (const [head] of this.#lanes.values()) if (head !== undefined) yield head;
  }

  /** Moves the lane of that order key behind all others. */
  rotate(orderKey: string | null): void {
    const lane = this.#lanes.get(orderKey);
    if (lane === undefined) return;
    this.#lanes.delete(orderKey);
    this.#lanes.set(orderKey, lane);
  }
}
