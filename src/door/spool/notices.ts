import type { Event, Report } from '../../events.ts';
import { errorMessage } from '../../util/errno.ts';

type Failed = Extract<Event, { type: 'spool.failed' }>['action'];

/** Ms between two notices of the same trouble: a flood of deliveries must not become one of events. */
const PAUSE = 60_000;

/** Tells of trouble that comes with every delivery: at once, then once a minute with how often it was. */
export class Notices {
  readonly #report: Report;
  readonly #now: () => number;
  readonly #told = new Map<string, Map<'full' | Failed, { at: number; untold: number }>>();

  constructor(report: Report, now: () => number) {
    this.#report = report;
    this.#now = now;
  }

  full(profile: string): void {
    const refused = this.#count(profile, 'full');
    if (refused > 0) this.#report({ type: 'spool.full', profile, refused });
  }

  failed(profile: string, action: Failed, error: unknown): void {
    const count = this.#count(profile, action);
    const reason = errorMessage(error);
    if (count > 0) this.#report({ type: 'spool.failed', profile, action, reason, count });
  }

  /** How many are to be told now; 0 where it is too soon. */
  #count(profile: string, what: 'full' | Failed): number {
    const now = this.#now();
    const ofProfile = this.#told.get(profile) ?? new Map<'full' | Failed, { at: number; untold: number }>();
    this.#told.set(profile, ofProfile);
    const last = ofProfile.get(what) ?? { at: Number.NEGATIVE_INFINITY, untold: 0 };
    const untold = last.untold + 1;
    const isDue = now - last.at >= PAUSE;
    ofProfile.set(what, isDue ? { at: now, untold: 0 } : { at: last.at, untold });
    return isDue ? untold : 0;
  }
}
