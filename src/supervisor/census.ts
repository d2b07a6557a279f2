import { readFileSync } from 'node:fs';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { markIn } from './mark.ts';
import { isGone, type ProcessStat, readPids, readStat } from './proc.ts';
import { readProcBytes } from './proc-bytes.ts';
import { systemCode } from './words.ts';

/** A living process. */
export interface Seen extends ProcessStat {
  /** Null where it has none or hides it: setproctitle writes over it, another user's cannot be read. */
  readonly mark: string | null;
}

/** Reads of an environment at once: one thread of libuv's four is left to others, whatever hangs. */
const READERS = 3;

/** ms after which environments that are still being read count as hidden. */
const HANGS_AFTER = 1000;

/** Processes that are looked at before others get their turn: about 1 ms. */
const SLICE = 64;

/** ms that a program may need from its exec to the moment when its environment can be read. */
const EXEC_TAKES = 5;

/**
 * Whose environment is being read. It is read off the main thread, since it needs the process's mmap_lock and hangs
 * as long as somebody holds that (a memory cgroup out of memory, a dead NFS server): such a process keeps one thread
 * and is not asked again until that comes back.
 */
const reading = new Set<number>();

/**
 * Starts, by pid, of those that were seen to have a mark of nobody: they are not asked again. A child of a gateway has
 * its mark from its first moment; only a leader has none before its exec, and it is known by its group. Whoever has a
 * mark is asked each time, since an exec may take it off (a gwproxy that a gateway's shell detaches).
 */
let unmarked: ReadonlyMap<number, number> = new Map();

/**
 * Every living process but the kernel's. Marks are read of those that started at or after `since`, in clock ticks
 * since boot. Throws where /proc cannot be read (no descriptor left).
 */
export async function scan(since: number): Promise<readonly Seen[]> {
  const found: ProcessStat[] = [];
  for (const [index, pid] of readPids().entries()) {
    if (index % SLICE === SLICE - 1) await turn();
    const stat = readStat(pid);
    if (stat?.living === true && !stat.kernel) found.push(stat);
  }
  const marks: Marks = new Map();
  const young = found.filter(({ pid, started }) => started >= since && unmarked.get(pid) !== started);
  await readMarks(
    young.map(({ pid }) => pid),
    marks,
  );
  const empty = [...marks].flatMap(([pid, mark]) => (mark === '' ? [pid] : []));
  if (empty.length > 0) {
    // In the middle of an exec nobody has an environment.
    await pause(EXEC_TAKES);
    await readMarks(empty, marks);
  }
  unmarked = new Map(
    found
      .filter(({ pid, started }) => marks.get(pid) === null || unmarked.get(pid) === started)
      .map(({ pid, started }) => [pid, started]),
  );
  return found.map((stat) => ({ ...stat, mark: marks.get(stat.pid) || null }));
}

/** By pid. Null: it has none; '': no environment at all. Who is not in it hides it. */
type Marks = Map<number, string | null>;

async function readMarks(pids: readonly number[], marks: Marks): Promise<void> {
  const queue = pids.filter((pid) => !reading.has(pid)).values();
  async function read(): Promise<void> {
    for (const pid of queue) {
      reading.add(pid);
      try {
        marks.set(pid, await readProcBytes(`/proc/${pid}/environ`, markOrNothing));
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
}

function markOrNothing(environ: Buffer): string | null {
  return environ.length === 0 ? '' : markIn(environ);
}

/** The same at once, and only the young: for the 'exit' of this process, when nothing can be awaited any more. */
export function scanNow(since: number): readonly Seen[] {
  return readPids().flatMap((pid) => {
    try {
      const stat = readStat(pid);
      if (stat?.living !== true || stat.kernel || stat.started < since) return [];
      return [{ ...stat, mark: markIn(readFileSync(`/proc/${pid}/environ`)) }];
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

let running: Promise<readonly Seen[] | null> | undefined;
let next: Promise<readonly Seen[] | null> | undefined;
let last: { readonly census: readonly Seen[]; readonly at: number } | undefined;

/**
 * All living processes, with the marks of those that are younger than this one, as they are some time after the
 * call. Fifty gateways that end at once share their scans. Null where /proc cannot be read now.
 */
export function takeCensus(): Promise<readonly Seen[] | null> {
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
export function lastCensus(): readonly Seen[] {
  return last?.census ?? [];
}

/** A census that is at most `age` ms old, or the next one. Null where /proc cannot be read now. */
export function recentCensus(age: number): Promise<readonly Seen[] | null> {
  if (last !== undefined && performance.now() - last.at <= age) return Promise.resolve(last.census);
  return running ?? takeCensus();
}

async function census(): Promise<readonly Seen[] | null> {
  const at = performance.now();
  try {
    const found = await scan(ownStart());
    last = { census: found, at };
    return found;
  } catch (error) {
    // No descriptor left (EMFILE), a /proc that is not mounted.
    if (systemCode(error) !== null) return null;
    throw error;
  } finally {
    running = undefined;
  }
}
