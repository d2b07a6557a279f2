import type { Report } from '../../events.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Notices } from './notices.ts';
import type { Queued } from './profile-queue.ts';
import type { Queue } from './queue.ts';
import type { DeadLetter, EndReason, Spooled } from './store/spooled-delivery.ts';
import type { SpoolStore } from './store/store.ts';
import type { Tally } from './tally.ts';

export interface TransitionsOptions {
  readonly store: SpoolStore;
  readonly queue: Queue;
  readonly deadLetters: DeadLetters;
  readonly tally: Tally;
  readonly notices: Notices;
  readonly report: Report;
  /** Epoch ms. */
  readonly now: () => number;
}

/**
 * Moves deliveries out of the queue, to the dead letters and back, on disk and in memory. No method rejects: a
 * failure of the disk is reported, and the delivery moves in memory anyway, so that it does not block others.
 */
export class Transitions {
  readonly #options: TransitionsOptions;

  constructor(options: TransitionsOptions) {
    this.#options = options;
  }

  /** Deletes a delivery, queued or dead. */
  async remove(spooled: Spooled): Promise<void> {
    const { store, notices } = this.#options;
    try {
      await store.remove(spooled.id);
    } catch (error) {
      notices.reportFailed(spooled.profile, 'remove', error);
    }
    this.forget(spooled);
  }

  /** Makes a queued delivery a dead letter, and reports it as dead or lost. */
  async moveToDead({ spooled, tries, lastStatus }: Queued, end: EndReason): Promise<void> {
    const { store, deadLetters, tally, notices, report, now } = this.#options;
    const { id, profile, platform } = spooled;
    const ending = { end, diedAt: now(), tries, lastStatus };
    if (end === 'tries' || end === 'no-route') {
      report({ type: 'spool.dead', profile, id, platform, reason: end, tries, lastStatus });
    } else {
      tally.of(profile).lost += 1;
      report({ type: 'spool.lost', profile, id, platform, reason: end, lastStatus });
    }
    try {
      await store.moveToDead(id, ending);
    } catch (error) {
      notices.reportFailed(profile, 'bury', error);
    }
    deadLetters.add({ ...spooled, ...ending });
    this.forget(spooled);
  }

  /** Queues dead letters again, in the order of their arrival, and resolves with how many. */
  async requeue(dead: readonly DeadLetter[]): Promise<number> {
    const { queue } = this.#options;
    const inOrder = [...dead].sort((one, other) => (one.id < other.id ? -1 : 1));
    const moved = await Promise.all(inOrder.map((one) => this.#moveToNew(one)));
    const requeued = inOrder.filter((_, at) => moved[at]);
    for (const one of requeued) {
      queue.add(one, 'queued');
      queue.sendNow(one.id);
    }
    return requeued.length;
  }

  /** Removes a delivery from memory only. Reports spool.drained if it was the profile's last one. */
  forget({ id, profile }: Spooled): void {
    const { queue, tally, report } = this.#options;
    queue.remove(id);
    if (queue.hasProfile(profile)) return;
    const delivered = tally.readUnreported(profile);
    if (delivered > 0) report({ type: 'spool.drained', profile, delivered });
  }

  async #moveToNew(dead: DeadLetter): Promise<boolean> {
    const { store, deadLetters, notices } = this.#options;
    try {
      await store.moveToNew(dead.id);
      return true;
    } catch (error) {
      deadLetters.add(dead);
      notices.reportFailed(dead.profile, 'bury', error);
      return false;
    }
  }
}
