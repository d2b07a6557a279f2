import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { variableIn } from './environ-entry.ts';
import { MARK, markIn } from './mark.ts';
import { isGone, isLiving, type ProcessId } from './proc.ts';
import { readProcBytes } from './proc-bytes.ts';

/** Environments read at once: if reads hang, one of libuv's four threads is left for others. */
const READERS = 3;

/** ms after which an environment that is still being read counts as hidden. */
const HANGS_AFTER = 1000;

/** ms from an exec to the moment when the environment of the new program can be read. */
const EXEC_TAKES = 5;

/**
 * ms for which a reading is reused, once the process has kept its mark for as long: a process that loses its mark
 * mostly does so early (a title that is written over it, the exec of a gwproxy that a gateway's shell detaches).
 * Rereading fifty environments was a sixth of all that a restart allocates.
 */
const REUSED_FOR = 10_000;

interface Reading {
  readonly started: number;
  /** Null: it has no mark, which is final; see knownMarks(). */
  readonly mark: string | null;
  /** When this mark was read first and when last, by performance.now(). */
  readonly since: number;
  readonly at: number;
}

/** A mark, and when it was read. */
export type MarkReading = Pick<Reading, 'mark' | 'at'>;

/** By pid. */
const known = new Map<number, Reading>();

/**
 * The marks of these processes by pid: null for a process without one, no entry for one that hides it. Marks for
 * which `mustBeFresh` is true are reread; others may be 10 s old, and their `at` says when they were read. A process whose
 * environment cannot be read any more keeps its last mark.
 *
 * A process without a mark is not read again. A child of a gateway has its mark from the beginning; only a leader has
 * none before its exec, and it is known by its group.
 */
export async function knownMarks(
  processes: readonly ProcessId[],
  mustBeFresh: (mark: string) => boolean,
  at: number,
): Promise<ReadonlyMap<number, MarkReading>> {
  const marks = new Map<number, Reading>();
  const unread: ProcessId[] = [];
  for (const process of processes) {
    const last = lastOf(process);
    if (last !== undefined && isReusable(last, at, mustBeFresh)) marks.set(process.pid, last);
    else unread.push(process);
  }
  const read = await readMarks(unread.map(({ pid }) => pid));
  for (const process of unread) {
    const mark = read.get(process.pid);
    const last = lastOf(process);
    if (mark === undefined) {
      // A process that is being ended has no environment any more while it still holds its files and ports.
      if (last !== undefined && isLiving(process)) marks.set(process.pid, last);
      else known.delete(process.pid);
      continue;
    }
    const since = last?.mark === mark ? last.since : at;
    const reading = { started: process.started, mark, since, at };
    known.set(process.pid, reading);
    marks.set(process.pid, reading);
  }
  return marks;
}

/**
 * The mark of one process, read now; null if it has none, hides it or has ended. Hangs if the process does, see
 * readInto(). Throws if reading fails (no descriptor left).
 */
export function readMark(pid: number): string | null {
  return readVariable(pid, MARK);
}

/** The same for a variable of that name, as it was when the process was started. */
export function readVariable(pid: number, name: string): string | null {
  try {
    return variableIn(readFileSync(`/proc/${pid}/environ`), name);
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

/** Forgets what was read of processes that are not among these pids: of those that have ended. */
export function forgetMarksExcept(pids: ReadonlySet<number>): void {
  for (const pid of known.keys()) if (!pids.has(pid)) known.delete(pid);
}

function lastOf({ pid, started }: ProcessId): Reading | undefined {
  const last = known.get(pid);
  return last?.started === started ? last : undefined;
}

function isReusable(
  { mark, since, at }: Reading,
  now: number,
  mustBeFresh: (mark: string) => boolean,
): boolean {
  if (mark === null) return true;
  return !mustBeFresh(mark) && at - since >= REUSED_FOR && now - at < REUSED_FOR;
}

/** The marks by pid; a process that hides its environment is left out. */
async function readMarks(pids: readonly number[]): Promise<ReadonlyMap<number, string | null>> {
  const marks = new Map<number, string | null>();
  const empty = await readInto(marks, pids);
  if (empty.length > 0) {
    // In the middle of an exec a process has no environment.
    await pause(EXEC_TAKES);
    await readInto(marks, empty);
  }
  return marks;
}

/**
 * The pids whose environment is being read. The read is off the main thread, since it needs the process's mmap_lock
 * and hangs while that is held (a memory cgroup out of memory, a dead NFS server): such a process occupies one thread,
 * and is not read again until that read returns.
 */
const reading = new Set<number>();

/** Reads into `marks`; returns the pids of the processes that have no environment at all. */
async function readInto(
  marks: Map<number, string | null>,
  pids: readonly number[],
): Promise<readonly number[]> {
  const empty: number[] = [];
  const queue = pids.filter((pid) => !reading.has(pid)).values();
  async function read(): Promise<void> {
    for (const pid of queue) {
      reading.add(pid);
      try {
        const mark = await readProcBytes(`/proc/${pid}/environ`, markOrNothing);
        if (mark === NOTHING) empty.push(pid);
        else marks.set(pid, mark);
      } catch (error) {
        if (!isGone(error)) throw error;
      } finally {
        reading.delete(pid);
      }
    }
  }
  const readers = Array.from({ length: Math.max(0, READERS - reading.size) }, read);
  const late = new AbortController();
  try {
    await Promise.race([Promise.all(readers), pause(HANGS_AFTER, undefined, { signal: late.signal })]);
  } finally {
    late.abort();
  }
  return empty;
}

const NOTHING = '';

function markOrNothing(environ: Buffer): string | null {
  return environ.length === 0 ? NOTHING : markIn(environ);
}
