import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { errorCode } from '../../util/errno.ts';
import { forgetMarksExcept, knownMarks, type MarkReading, readMark } from './environ.ts';
import { isLiving, type ProcessStat, readPids, readStat } from './proc.ts';

/** A living process. */
export interface CensusEntry extends ProcessStat {
  /** Null if it has none or hides it: setproctitle writes over it, and another user's cannot be read. */
  readonly mark: string | null;
  /** The mark was read up to 10 s before the census. */
  readonly isStale: boolean;
}

/** Processes that are read before the event loop continues: about 1 ms. */
const SLICE = 64;

/**
 * Looks at the list of processes in one scan. On a machine that starts several thousand processes a second, one is missed
 * at every look; but a process that none of so many has met does not exist.
 */
const MOST_LOOKS = 16;

/**
 * Every living process but the kernel's. Marks are read only for processes that started at or after `since` (clock
 * ticks since boot); a mark is sure to be fresh only if `mustBeFresh` is true for it, see knownMarks(). Rejects if
 * /proc cannot be read (no descriptor left).
 *
 * The list changes while it is read: a process that it names may fork and end before it is looked at, and its child may
 * be too young for the list. So when a process of the list could not be looked at any more, the list is read again, and
 * what is new in it, until none is missed. Then each process that lives has been looked at: pids are given out in
 * ascending order, and /proc lists them so.
 */
export async function scanProcesses(
  since: number,
  mustBeFresh: (mark: string) => boolean,
): Promise<readonly CensusEntry[]> {
  const found: ProcessStat[] = [];
  const marks = new Map<number, MarkReading>();
  const listed = new Set<number>();
  const now = performance.now();
  let hasMissed = true;
  for (let look = 0; hasMissed && look < MOST_LOOKS; look += 1) {
    hasMissed = false;
    const young: ProcessStat[] = [];
    for (const [index, pid] of takeUnlisted(listed).entries()) {
      if (index % SLICE === SLICE - 1) await yieldToEventLoop();
      const stat = readStat(pid);
      if (stat?.living !== true) hasMissed = true;
      else if (!stat.kernel) {
        found.push(stat);
        if (stat.started >= since) young.push(stat);
      }
    }
    const read = await knownMarks(young, mustBeFresh, now);
    for (const [pid, mark] of read) marks.set(pid, mark);
    hasMissed ||= young.some((process) => !read.has(process.pid) && !isLiving(process));
  }
  forgetMarksExcept(listed);
  return found.map((stat) => {
    const { mark = null, at = now } = marks.get(stat.pid) ?? {};
    return { ...stat, mark, isStale: mark !== null && at !== now };
  });
}

/**
 * As scanProcesses(), but synchronous and only for processes since `since`: for the 'exit' of gwproxy, when nothing can
 * be awaited.
 */
export function scanProcessesSync(since: number): readonly CensusEntry[] {
  const found: CensusEntry[] = [];
  const listed = new Set<number>();
  let hasMissed = true;
  for (let look = 0; hasMissed && look < MOST_LOOKS; look += 1) {
    hasMissed = false;
    for (const pid of takeUnlisted(listed)) {
      const stat = readStat(pid);
      const mark = stat?.living === true && stat.started >= since ? readMark(pid) : null;
      if (stat === null || (mark === null && !isLiving(stat))) hasMissed = true;
      else if (!stat.kernel && stat.started >= since) found.push({ ...stat, mark, isStale: false });
    }
  }
  return found;
}

/** The pids of all processes that are not `listed` yet; they are from now on. */
function takeUnlisted(listed: Set<number>): readonly number[] {
  const unlisted = readPids().filter((pid) => !listed.has(pid));
  for (const pid of unlisted) listed.add(pid);
  return unlisted;
}

/** When gwproxy itself started, in clock ticks since boot: no process of a gateway is older. */
export function ownStart(): number {
  return readStat(process.pid)?.started ?? 0;
}

let running: Promise<readonly CensusEntry[] | null> | undefined;
let next: Promise<readonly CensusEntry[] | null> | undefined;
/** The marks that the callers of the next census ask for, or what they begin with. */
let marksInQuestion = new Set<string>();
let last: { readonly census: readonly CensusEntry[]; readonly at: number } | undefined;

/**
 * All living processes at some time after the call, with the marks of those that are younger than gwproxy; only the
 * given mark, or those that begin so, are sure to be fresh. Callers share scans, since fifty gateways may end at once. Null
 * if /proc cannot be read now.
 */
export function takeCensus(mark?: string): Promise<readonly CensusEntry[] | null> {
  if (mark !== undefined) marksInQuestion.add(mark);
  if (running === undefined) {
    running = census();
    return running;
  }
  // The scan in progress may already have passed the processes that the caller waits for.
  next ??= running.then(() => {
    next = undefined;
    running ??= census();
    return running;
  });
  return next;
}

/** The last census, however old it is; empty before the first. */
export function lastCensus(): readonly CensusEntry[] {
  return last?.census ?? [];
}

/** A census at most `age` ms old, or a new one; its marks may be older, as in scanProcesses(). Null if /proc cannot be read now. */
export function recentCensus(age: number): Promise<readonly CensusEntry[] | null> {
  if (last !== undefined && performance.now() - last.at <= age) return Promise.resolve(last.census);
  return running ?? takeCensus();
}

async function census(): Promise<readonly CensusEntry[] | null> {
  const at = performance.now();
  const marks = [...marksInQuestion];
  marksInQuestion = new Set();
  try {
    const found = await scanProcesses(ownStart(), (mark) => marks.some((one) => mark.startsWith(one)));
    last = { census: found, at };
    return found;
  } catch (error) {
    // No descriptor is left (EMFILE), or /proc is not mounted.
    if (errorCode(error) !== undefined) return null;
    throw error;
  } finally {
    running = undefined;
  }
}
