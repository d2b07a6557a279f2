import { setTimeout as pause } from 'node:timers/promises';
import { markIn } from './mark.ts';
import { isGone, type ProcessId } from './proc.ts';
import { readProcBytes } from './proc-bytes.ts';

/** Reads of an environment at once: one thread of libuv's four is left to others, whatever hangs. */
const READERS = 3;

/** ms after which environments that are still being read count as hidden. */
const HANGS_AFTER = 1000;

/** ms that a program may need from its exec to the moment when its environment can be read. */
const EXEC_TAKES = 5;

/**
 * ms for which a mark is believed of a process that nobody looks for, once it was seen to keep it for as long: who
 * takes it off mostly does so early (a title that is written over it, the exec of a gwproxy that a gateway's shell
 * detaches). Fifty environments read anew were a sixth of all that a restart allocates.
 */
const BELIEVED_FOR = 10_000;

interface Reading {
  readonly started: number;
  /** Null: of nobody, for ever; knownMarks() says why. */
  readonly mark: string | null;
  /** When it was first read to be that, and when it last was; by the clock of performance.now(). */
  readonly since: number;
  readonly at: number;
}

/** By pid, as the last call left it. */
let known: ReadonlyMap<number, Reading> = new Map();

/**
 * The marks of these processes by their pids; of those that have none it says null, of those that hide it nothing. It
 * is read anew where the last was `sought`; `at` says when another was read, at most ten seconds ago.
 *
 * Who was seen to have a mark of nobody is not asked again. A child of a gateway has its mark from its first moment;
 * only a leader has none before its exec, and it is known by its group.
 */
export async function knownMarks(
  processes: readonly ProcessId[],
  sought: (mark: string) => boolean,
  at: number,
): Promise<ReadonlyMap<number, Pick<Reading, 'mark' | 'at'>>> {
  const marks = new Map<number, Reading>();
  const asked: ProcessId[] = [];
  for (const process of processes) {
    const last = lastOf(process);
    if (last !== undefined && isBelieved(last, at, sought)) marks.set(process.pid, last);
    else asked.push(process);
  }
  const read = await readMarks(asked.map(({ pid }) => pid));
  for (const process of asked) {
    const mark = read.get(process.pid);
    if (mark === undefined) continue;
    const last = lastOf(process);
    const since = last?.mark === mark ? last.since : at;
    marks.set(process.pid, { started: process.started, mark, since, at });
  }
  known = marks;
  return marks;
}

function lastOf({ pid, started }: ProcessId): Reading | undefined {
  const last = known.get(pid);
  return last?.started === started ? last : undefined;
}

function isBelieved({ mark, since, at }: Reading, now: number, sought: (mark: string) => boolean): boolean {
  if (mark === null) return true;
  return !sought(mark) && at - since >= BELIEVED_FOR && now - at < BELIEVED_FOR;
}

/** Who is not in it hides it. */
async function readMarks(pids: readonly number[]): Promise<ReadonlyMap<number, string | null>> {
  const marks = new Map<number, string | null>();
  const empty = await readInto(marks, pids);
  if (empty.length > 0) {
    // In the middle of an exec nobody has an environment.
    await pause(EXEC_TAKES);
    await readInto(marks, empty);
  }
  return marks;
}

/**
 * Whose environment is being read. It is read off the main thread, since it needs the process's mmap_lock and hangs
 * as long as somebody holds that (a memory cgroup out of memory, a dead NFS server): such a process keeps one thread
 * and is not asked again until that comes back.
 */
const reading = new Set<number>();

/** Gives back those that have no environment at all. */
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
