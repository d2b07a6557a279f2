import type { Moments } from '../../schedule/moments.ts';

/** ms. A moment that is noticed later than this is skipped; and a clock that is set back further is followed anew. */
export const LATEST = 60 * 60 * 1000;

/** The moments of each profile with a schedule. Pure; all times in epoch ms. */
export interface Agenda {
  readonly entries: readonly Entry[];
  /** The newest clock reading. */
  readonly at: number;
}

export interface Entry {
  readonly profile: string;
  readonly moments: Moments;
  /** Null: none will come. */
  readonly next: number | null;
}

/** A moment of a profile's schedule that has come. */
export interface Due {
  readonly profile: string;
  readonly moment: number;
}

export interface Turn {
  readonly agenda: Agenda;
  /** In the order of their moments, and of the agenda where these are the same. */
  readonly due: readonly Due[];
  /** Moments that passed too long ago, since the machine slept or its clock was set. */
  readonly missed: readonly Due[];
}

/** Begins an agenda: what comes is after `at`. */
export function newAgenda(profiles: readonly Omit<Entry, 'next'>[], at: number): Agenda {
  return { at, entries: profiles.map((each) => ({ ...each, next: each.moments(at) })) };
}

/**
 * Finds which moments have come at `now`, at most one for each profile however many have passed, and what comes next.
 * A clock that is set back by less than LATEST brings no moment again.
 */
export function turn({ entries, at }: Agenda, now: number): Turn {
  const isNewClock = now < at - LATEST;
  const due: Due[] = [];
  const missed: Due[] = [];
  const next = entries.map((entry): Entry => {
    const { profile, moments } = entry;
    if (isNewClock) return { ...entry, next: moments(now) };
    if (entry.next === null || entry.next > now) return entry;
    const moment = newestOf(entry.next, moments, now);
    if (moment === null) missed.push({ profile, moment: entry.next });
    else due.push({ profile, moment });
    return { ...entry, next: moments(now) };
  });
  const agenda = { entries: next, at: isNewClock ? now : Math.max(at, now) };
  return { agenda, due: due.sort((a, b) => a.moment - b.moment), missed };
}

/** The moment to act on if `first` and perhaps later ones have passed; null if all of them passed too long ago. */
function newestOf(first: number, moments: Moments, now: number): number | null {
  if (now - first <= LATEST) return first;
  const recent = moments(now - LATEST - 1);
  return recent !== null && recent <= now ? recent : null;
}

/** The first moment that comes; null if there is none. */
export function nextMoment({ entries }: Agenda): number | null {
  const all = entries.flatMap(({ next }) => (next === null ? [] : [next]));
  return all.length === 0 ? null : Math.min(...all);
}
