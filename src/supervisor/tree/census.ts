import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { errorCode } from '../../util/errno.ts';
import { knownMarks } from './environ.ts';
import { markIn } from './mark.ts';
import { isGone, type ProcessStat, readPids, readStat } from './proc.ts';

/** A living process. */
export interface CensusEntry extends ProcessStat {
  /** Null where it has none or hides it: setproctitle writes over it, another user's cannot be read. */
  readonly mark: string | null;
  /** The mark is not of this moment: it was read up to ten seconds before. */
  readonly believed: boolean;
}

/** Processes that are looked at before others get their turn: about 1 ms. */
const SLICE = 64;

/**
 * Every living process but the kernel's. Marks are read of those that started at or after `since`, in clock ticks
 * since boot: anew where the last was `sought`; another may be ten seconds old. Throws where /proc cannot be read (no
 * descriptor left).
 */
export async function scan(
  since: number,
  sought: (mark: string) => boolean,
): Promise<readonly CensusEntry[]> {
  const found: ProcessStat[] = [];
  for (const [index, pid] of readPids().entries()) {
    if (index % SLICE === SLICE - 1) await turn();
    const stat = readStat(pid);
    if (stat?.living === true && !stat.kernel) found.push(stat);
  }
  const young = found.filter(({ started }) => started >= since);
  const now = performance.now();
  const marks = await knownMarks(young, sought, now);
  return found.map((stat) => {
    const { mark = null, at = now } = marks.get(stat.pid) ?? {};
    return { ...stat, mark, believed: mark !== null && at !== now };
  });
}

/** The same at once, and only the young: for the 'exit' of this process, when nothing can be awaited any more. */
export function scanNow(since: number): readonly CensusEntry[] {
  return readPids().flatMap((pid) => {
    try {
      const stat = readStat(pid);
      if (stat?.living !== true || stat.kernel || stat.started < since) return [];
      return [{ ...stat, mark: markIn(readFileSync(`/proc/${pid}/environ`)), believed: false }];
    } catch (error) {
      if (isGone(error)) return [];
      throw error;
    }
  });
}

/** Nothing of ours is older than this process. */
export function ownStart(): number {
  return readStat(process.pid)?.started ?? 0;
}

let running: Promise<readonly CensusEntry[] | null> | undefined;
let next: Promise<readonly CensusEntry[] | null> | undefined;
/** What those that wait for the next one look for. */
let sought = new Set<string>();
let last: { readonly census: readonly CensusEntry[]; readonly at: number } | undefined;

/**
 * All living processes, with the marks of those that are younger than this one, as they are some time after the
 * call; who has another mark than this one may have it from an earlier time. Fifty gateways that end at once share
 * their scans. Null where /proc cannot be read now.
 */
export function takeCensus(mark?: string): Promise<readonly CensusEntry[] | null> {
  if (mark !== undefined) sought.add(mark);
  if (running === undefined) {
    running = census();
    return running;
  }
  // The one under way may already have passed what the caller waits for.
  next ??= running.then(() => {
    next = undefined;
    running ??= census();
    return running;
  });
  return next;
}

/** The newest that there was, however old it is; empty before the first. */
export function lastCensus(): readonly CensusEntry[] {
  return last?.census ?? [];
}

/** A census that is at most `age` ms old, or the next one; its marks may be older, as scan() says. Null where /proc cannot be read now. */
export function recentCensus(age: number): Promise<readonly CensusEntry[] | null> {
  if (last !== undefined && performance.now() - last.at <= age) return Promise.resolve(last.census);
  return running ?? takeCensus();
}

async function census(): Promise<readonly CensusEntry[] | null> {
  const at = performance.now();
  const marks = sought;
  sought = new Set();
  try {
    const found = await scan(ownStart(), (mark) => marks.has(mark));
    last = { census: found, at };
    return found;
  } catch (error) {
    // No descriptor left (EMFILE), a /proc that is not mounted.
    if (errorCode(error) !== undefined) return null;
    throw error;
  } finally {
    running = undefined;
  }
}
