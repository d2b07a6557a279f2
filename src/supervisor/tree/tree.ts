import { setTimeout as pause } from 'node:timers/promises';
import { type CensusEntry, lastCensus, takeCensus } from './census.ts';
import { isOfAnotherRun } from './mark.ts';
import { HAS_PROC, isLiving, readStat } from './proc.ts';
import { groupExists, signalGroup, signalProcess, tryGroup } from './process-group.ts';

/** ms that a process may outlive SIGKILL before it is given up. */
const GIVEN_UP_AFTER = 2000;

/** Whether a process belongs to a gateway: it is in its leader's group or session, or has the gateway's mark. */
export function belongsTo(seen: CensusEntry, pid: number, mark: string): boolean {
  return seen.group === pid || seen.session === pid || seen.mark === mark;
}

/**
 * Descendants of our processes that are not known as ours by group, session or mark: children that left group and
 * session and hide their environment, or put another gateway's mark into it. What another gwproxy runs is left to that
 * one. They can be found only while their parents live. Pure.
 */
export function strayDescendants(
  census: readonly CensusEntry[],
  own: readonly CensusEntry[],
  mark: string,
): readonly CensusEntry[] {
  const pids = new Set(own.map(({ pid }) => pid));
  const found: CensusEntry[] = [];
  for (let count = -1; count < found.length; ) {
    count = found.length;
    for (const seen of census) {
      if (pids.has(seen.pid) || !pids.has(seen.parent) || isOfAnotherRun(seen.mark, mark)) continue;
      pids.add(seen.pid);
      found.push(seen);
    }
  }
  return found;
}

/**
 * The pids of a gateway's living processes: those of its group, and those outside it that have its mark (a daemon in
 * a session of its own). A process that left the group and hides its environment is missing. Without /proc only the
 * leader is returned.
 */
export async function processesOf(pid: number, mark: string): Promise<readonly number[]> {
  const census = HAS_PROC ? await takeCensus(mark) : null;
  if (census === null) return groupExists(pid) ? [pid] : [];
  return census.filter((seen) => belongsTo(seen, pid, mark)).map((seen) => seen.pid);
}

/** All processes of one generation of a gateway that can be found. They end together. */
export class Tree {
  readonly #pid: number;
  readonly #mark: string;
  /** When the leader started; null without /proc, or if it has ended already. */
  readonly #started: number | null;
  #leaderEnded = false;
  /** The group is empty: the system may give its number to other processes from now on. */
  #groupEnded = false;
  /** The processes that the last scan found. */
  #remaining: readonly CensusEntry[] = [];
  /** By pid: the start of each process that is known by its parent alone. */
  readonly #hidden = new Map<number, number>();
  #killedAt: number | undefined;

  constructor(pid: number, mark: string) {
    this.#pid = pid;
    this.#mark = mark;
    this.#started = HAS_PROC ? (readStat(pid)?.started ?? null) : null;
  }

  /**
   * Signals all processes within a few ms; SIGKILL has reached the group before this returns. False if the system does
   * not permit it.
   */
  signal(signal: NodeJS.Signals): boolean {
    if (signal !== 'SIGKILL' && HAS_PROC) {
      void this.#signalAll(signal);
      return this.#groupEnded || tryGroup(this.#pid) !== 'refused';
    }
    if (signal === 'SIGKILL') {
      // A scan before the kill would take too long.
      if (this.#killedAt === undefined) this.#remember(lastCensus());
      this.#killedAt ??= performance.now();
    }
    const sent = this.#groupEnded ? 'gone' : signalGroup(this.#pid, signal);
    void this.#signalStrays(signal);
    return sent !== 'refused';
  }

  /** Must be called when the leader has ended. Resolves with true if other processes are left. */
  async leaderEnded(): Promise<boolean> {
    this.#leaderEnded = true;
    this.#remember(lastCensus());
    return this.#isAnyLeft();
  }

  /**
   * Resolves with true once no process is left. After a SIGKILL, new processes are killed too. Resolves with false if
   * some outlive it for too long (a fork bomb, a disk that hangs, another user's process).
   */
  async ended(): Promise<boolean> {
    const from = performance.now();
    for (let wait = 2; await this.#isAnyLeft(); wait = Math.min(wait * 2, 100)) {
      if (this.#killedAt !== undefined) {
        if (performance.now() - Math.max(this.#killedAt, from) > GIVEN_UP_AFTER) return false;
        this.#kill();
      }
      await pause(wait);
    }
    return true;
  }

  async #isAnyLeft(): Promise<boolean> {
    // During the grace a known process that still lives makes a scan unnecessary.
    if (this.#killedAt === undefined && this.#remaining.some(isLiving)) return true;
    const census = HAS_PROC ? await takeCensus(this.#mark) : null;
    if (census === null) {
      const left = !this.#groupEnded && groupExists(this.#pid);
      if (this.#leaderEnded && !left) this.#groupEnded = true;
      return left;
    }
    this.#remaining = census.filter((seen) => this.#isOurs(seen));
    const isGroupLeft = this.#remaining.some(
      ({ group, session }) => group === this.#pid || session === this.#pid,
    );
    if (this.#leaderEnded && !isGroupLeft) this.#groupEnded = true;
    return this.#remaining.length > 0;
  }

  /** Scans before it signals, since the parent of a process can be read only until that parent ends. */
  async #signalAll(signal: NodeJS.Signals): Promise<void> {
    const census = (await takeCensus(this.#mark)) ?? [];
    this.#remember(census);
    if (this.#killedAt !== undefined) return;
    if (!this.#groupEnded) signalGroup(this.#pid, signal);
    for (const seen of census) {
      if (this.#isOurs(seen) && seen.group !== this.#pid) signalProcess(seen, signal);
    }
  }

  /** Remembers the processes in a census that are known by their parents alone, which may end at any time. */
  #remember(census: readonly CensusEntry[]): void {
    // In a census from before the leader's start, its pid may be another process's.
    if (!census.some(({ pid, started }) => pid === this.#pid && started === this.#started)) return;
    // A process with a stale mark may have lost it by an exec since, so its children may not be ours.
    const own = census.filter(
      (seen) =>
        this.#isOurs(seen) && (!seen.isStale || seen.group === this.#pid || seen.session === this.#pid),
    );
    for (const { pid, started } of strayDescendants(census, own, this.#mark)) this.#hidden.set(pid, started);
  }

  async #signalStrays(signal: NodeJS.Signals): Promise<void> {
    const census = HAS_PROC ? await takeCensus(this.#mark) : null;
    for (const seen of census ?? []) {
      if (this.#isOurs(seen) && seen.group !== this.#pid) signalProcess(seen, signal);
    }
  }

  #kill(): void {
    if (!this.#groupEnded) signalGroup(this.#pid, 'SIGKILL');
    for (const seen of this.#remaining) signalProcess(seen, 'SIGKILL');
  }

  #isOurs(seen: CensusEntry): boolean {
    if (this.#hidden.get(seen.pid) === seen.started) return true;
    return this.#groupEnded ? seen.mark === this.#mark : belongsTo(seen, this.#pid, this.#mark);
  }
}
