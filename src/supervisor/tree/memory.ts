import { execFile } from 'node:child_process';
import { errorCode } from '../../util/errno.ts';
import { type CensusEntry, recentCensus } from './census.ts';
import { HAS_PROC, readProc } from './proc.ts';
import { belongsTo } from './tree.ts';

export interface MemoryWatchOptions {
  /** The leader of the gateway's process group, and its MARK's value. */
  readonly pid: number;
  readonly mark: string;
  /** Bytes. */
  readonly limit: number;
  /** It grew past the warning; at most once until it has shrunk again. */
  readonly near: (bytes: number) => void;
  /** It reached the limit; told once. */
  readonly exceeded: (bytes: number) => void;
  /** ms between two looks. */
  readonly interval?: number;
}

/** The part of the limit at which it is warned of. */
const NEAR = 0.8;

/** ms: a leak of 50 MB/s is 100 MB past the limit at worst. Where it costs a program each time, more seldom. */
const INTERVAL = HAS_PROC ? 2000 : 10_000;

/**
 * ms that the list of the gateway's processes may be old: a child that leaks is not seen before. All gateways share
 * it: reading it costs 10 ms.
 */
const LIST_AGE = 4000;

/**
 * Looks, now and then, how much resident memory a gateway's processes use together, until end(). What they share is
 * counted for each of them. Keeps no event loop alive.
 */
export class MemoryWatch {
  readonly #options: MemoryWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #warned = false;
  #ended = false;

  constructor(options: MemoryWatchOptions) {
    this.#options = options;
    this.#next();
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  #next(): void {
    this.#timer = setTimeout(() => void this.#look(), this.#options.interval ?? INTERVAL).unref();
  }

  async #look(): Promise<void> {
    const { pid, mark, limit, near, exceeded } = this.#options;
    const bytes = await treeBytes(pid, mark, LIST_AGE);
    if (this.#ended) return;
    if (bytes !== null && bytes >= limit) {
      this.end();
      exceeded(bytes);
      return;
    }
    if (bytes !== null) {
      const isNear = bytes >= limit * NEAR;
      if (isNear && !this.#warned) near(bytes);
      this.#warned = isNear;
    }
    this.#next();
  }
}

/**
 * The resident memory of a gateway's processes together, in bytes; what they share is counted for each of them. Their
 * list may be `age` ms old. Null where it cannot be told now.
 */
export function treeBytes(pid: number, mark: string, age: number): Promise<number | null> {
  return HAS_PROC ? bytesOf(pid, mark, age) : bytesOfGroup(pid);
}

async function bytesOf(pid: number, mark: string, age: number): Promise<number | null> {
  const census = await recentCensus(age);
  // The leader is there whatever the list says: it may be older than this gateway.
  const pids = new Set([
    pid,
    ...(census ?? []).filter((seen: CensusEntry) => belongsTo(seen, pid, mark)).map((seen) => seen.pid),
  ]);
  try {
    return [...pids].reduce((sum, each) => sum + residentBytes(each), 0);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return null;
  }
}

/** VmRSS of proc_pid_status(5); 0 of a process that has ended. */
function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1];
  return Number(kibibytes ?? 0) * 1024;
}

/** Where there is no /proc: ps(1), for the processes of the group. */
function bytesOfGroup(group: number): Promise<number | null> {
  return new Promise((resolve) => {
    execFile('ps', ['-A', '-o', 'pgid=', '-o', 'rss='], { timeout: 1000 }, (error, stdout) => {
      const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
      const own = lines.filter(([pgid, rss]) => pgid === group && Number.isFinite(rss));
      resolve(error === null ? own.reduce((sum, [, rss = 0]) => sum + rss * 1024, 0) : null);
    });
  });
}
