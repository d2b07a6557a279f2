import { execFile } from 'node:child_process';
import { errorCode } from '../../util/errno.ts';
import { type CensusEntry, recentCensus } from './census.ts';
import { HAS_PROC, readProc } from './proc.ts';
import { belongsTo } from './tree.ts';

export interface MemoryWatchOptions {
  /** The pid of the process group's leader, and the gateway's mark. */
  readonly pid: number;
  readonly mark: string;
  /** Bytes. */
  readonly limit: number;
  /** The memory passed 80 % of the limit; called once until it has shrunk below that again. */
  readonly near: (bytes: number) => void;
  /** The memory reached the limit; called once. */
  readonly exceeded: (bytes: number) => void;
  /** ms between two readings. */
  readonly interval?: number;
}

/** The fraction of the limit from which a gateway counts as near it. */
const NEAR = 0.8;

/** ms: a leak of 50 MB/s is 100 MB past the limit at worst. Without /proc each reading starts a program. */
const INTERVAL = HAS_PROC ? 2000 : 10_000;

/**
 * ms that the list of processes may be old, so that a new child counts that much later. All gateways share the list,
 * which costs 10 ms.
 */
const LIST_AGE = 4000;

/**
 * Watches the resident memory of all processes of a gateway until end(). Shared pages count for each process. Does not
 * keep the event loop alive.
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
    this.#timer = setTimeout(() => void this.#check(), this.#options.interval ?? INTERVAL).unref();
  }

  async #check(): Promise<void> {
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
 * Resident memory of all processes of a gateway, in bytes; shared pages count for each process. The list of processes
 * may be `age` ms old. Null if it cannot be read now.
 */
export function treeBytes(pid: number, mark: string, age: number): Promise<number | null> {
  return HAS_PROC ? bytesOf(pid, mark, age) : bytesOfGroup(pid);
}

async function bytesOf(pid: number, mark: string, age: number): Promise<number | null> {
  const census = await recentCensus(age);
  // The list may be older than this generation and lack the leader.
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

/** VmRSS of proc_pid_status(5); 0 for a process that has ended. */
function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1];
  return Number(kibibytes ?? 0) * 1024;
}

/** For systems without /proc: asks ps(1) for the processes of the group. */
function bytesOfGroup(group: number): Promise<number | null> {
  return new Promise((resolve) => {
    execFile('ps', ['-A', '-o', 'pgid=', '-o', 'rss='], { timeout: 1000 }, (error, stdout) => {
      const lines = stdout.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
      const own = lines.filter(([pgid, rss]) => pgid === group && Number.isFinite(rss));
      resolve(error === null ? own.reduce((sum, [, rss = 0]) => sum + rss * 1024, 0) : null);
    });
  });
}
