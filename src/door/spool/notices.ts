import type { Event, Report } from '../../events.ts';
import { errorMessage } from '../../util/errno.ts';

type Failed = Extract<Event, { type: 'spool.failed' }>['action'];

/** Ms between two reports of the same failure, so that a flood of deliveries is not a flood of events. */
const REPORT_INTERVAL = 60_000;

/**
 * Reports failures that may occur for every delivery: the first at once, then at most once a minute with their
 * number.
 */
export class Notices {
  readonly #report: Report;
  readonly #now: () => number;
  readonly #reported = new Map<string, Map<'full' | Failed, { at: number; unreported: number }>>();

  constructor(report: Report, now: () => number) {
    this.#report = report;
    this.#now = now;
  }

  reportFull(profile: string): void {
    const refused = this.#count(profile, 'full');
    if (refused > 0) this.#report({ type: 'spool.full', profile, refused });
  }

  reportFailed(profile: string, action: Failed, error: unknown): void {
    const count = this.#count(profile, action);
    const reason = errorMessage(error);
    if (count > 0) this.#report({ type: 'spool.failed', profile, action, reason, count });
  }

  /** How many to report now; 0 if it is too soon. */
  #count(profile: string, what: 'full' | Failed): number {
    const now = this.#now();
    const ofProfile =
      this.#reported.get(profile) ?? new Map<'full' | Failed, { at: number; unreported: number }>();
    this.#reported.set(profile, ofProfile);
    const last = ofProfile.get(what) ?? { at: Number.NEGATIVE_INFINITY, unreported: 0 };
    const unreported = last.unreported + 1;
    const isDue = now - last.at >= REPORT_INTERVAL;
    ofProfile.set(what, isDue ? { at: now, unreported: 0 } : { at: last.at, unreported });
    return isDue ? unreported : 0;
  }
}
