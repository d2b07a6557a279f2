import { createHash } from 'node:crypto';

/** Graph repeats for 4 hours, Meta for days; but mostly within minutes, and the same bytes may come anew. */
const AGE = 60 * 60 * 1000;
const REMEMBERED = 1000;

interface Entry {
  readonly profiles: ReadonlySet<string>;
  /** Epoch ms. */
  readonly at: number;
}

const NOBODY: ReadonlySet<string> = new Set();

/**
 * Which profiles took a batch that others did not take, so that its repeat spares them. Of the newest 1000, for an
 * hour each. One that all took is not remembered: a sender may well say the same thing twice.
 */
export class PartialBatches {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  acceptedBy(delivery: string, now: number): ReadonlySet<string> {
    const entry = this.#entries.get(delivery);
    return entry === undefined || now - entry.at > AGE ? NOBODY : entry.profiles;
  }

  /** Adds to what is remembered: two repeats of one delivery may be under way at once. */
  record(delivery: string, profiles: ReadonlySet<string>, now: number): void {
    const both = new Set([...this.acceptedBy(delivery, now), ...profiles]);
    // Anew, so that the map's order is that of age.
    this.#entries.delete(delivery);
    this.#entries.set(delivery, { profiles: both, at: now });
    for (const [oldest, { at }] of this.#entries) {
      if (this.#entries.size <= REMEMBERED && now - at <= AGE) break;
      this.#entries.delete(oldest);
    }
  }

  forget(delivery: string): void {
    this.#entries.delete(delivery);
  }
}

/** Tells a delivery from any other: a repeat has the same sender, target and body. */
export function deliveryId(platform: string, target: string, body: Buffer): string {
  // As a line of JSON, so that no target can be written to look like a part of the body.
  return createHash('sha256')
    .update(`${JSON.stringify([platform, target])}\n`)
    .update(body)
    .digest('base64url');
}
