import { createHash } from 'node:crypto';
import { updateInSlices } from '../../util/hashing.ts';
import type { LoopShare } from '../../util/loop-share.ts';

/**
 * Ms that a batch is remembered. Graph repeats for 4 hours and Meta for days, but mostly within minutes; later the
 * same bytes may be a new batch.
 */
const REMEMBERED_FOR = 60 * 60 * 1000;
const MAX_BATCHES = 1000;

interface Entry {
  readonly profiles: ReadonlySet<string>;
  /** Epoch ms. */
  readonly at: number;
}

const NO_PROFILES: ReadonlySet<string> = new Set();

/**
 * Remembers which profiles accepted a batch that others did not, so that its repeat goes to the others only: the
 * newest 1000 batches, each for an hour. A batch that all accepted is not remembered, since its sender may send the
 * same twice.
 */
export class PartialBatches {
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  acceptedBy(delivery: string, now: number): ReadonlySet<string> {
    const entry = this.#entries.get(delivery);
    return entry === undefined || now - entry.at > REMEMBERED_FOR ? NO_PROFILES : entry.profiles;
  }

  /** Adds to the profiles known already, since two repeats of a batch may be in flight at once. */
  record(delivery: string, profiles: ReadonlySet<string>, now: number): void {
    const both = new Set([...this.acceptedBy(delivery, now), ...profiles]);
    // Deleted first, so that the map stays in the order of age.
    this.#entries.delete(delivery);
    this.#entries.set(delivery, { profiles: both, at: now });
    for (const [oldest, { at }] of this.#entries) {
      if (this.#entries.size <= MAX_BATCHES && now - at <= REMEMBERED_FOR) break;
      this.#entries.delete(oldest);
    }
  }

  forget(delivery: string): void {
    this.#entries.delete(delivery);
  }
}

/** Identifies a batch: a repeat has the same sender, target and body. */
export async function batchId(
  loop: LoopShare,
  platform: string,
  target: string,
  body: Buffer,
): Promise<string> {
  // A line of JSON, so that no target can pass for a part of the body.
  const hash = createHash('sha256').update(`${JSON.stringify([platform, target])}\n`);
  await updateInSlices(loop, [hash], body);
  return hash.digest('base64url');
}
