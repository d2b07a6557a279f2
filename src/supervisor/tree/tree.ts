import { setTimeout as pause } from 'node:timers/promises';
import { type CensusEntry, lastCensus, takeCensus } from './census.ts';
import { HAS_PROC, isLiving, readStat } from './proc.ts';
import { groupExists, signalGroup, signalProcess, tryGroup } from './process-group.ts';

/** ms that a process may outlive SIGKILL before it is given up. */
const GIVEN_UP_AFTER = 2000;

/** Whether a process is of that gateway: of its leader's group or session, or marked as its own. */
export function belongsTo(seen: CensusEntry, pid: number, mark: string): boolean {
  return seen.group === pid || seen.session === pid || seen.mark === mark;
}

/**
 * Those in a census that descend from one of `own`, by parents, and carry nobody's mark, or are only believed to carry
 * that one: children that left group and session and hide their environment. To be asked while their parents live;
 * later nothing tells of them. Pure.
 */
export function unmarkedDescendants(
  census: readonly CensusEntry[],
  own: readonly CensusEntry[],
  mark: string,
): readonly CensusEntry[] {
  const pids = new Set(own.map(({ pid }) => pid));
  const found: CensusEntry[] = [];
  for (let count = -1; count < found.length; ) {
    count = found.length;
    for (const seen of census) {
      const isMarked = seen.mark !== null && !(seen.believed && seen.mark === mark);
      if (isMarked || pids.has(seen.pid) || !pids.has(seen.parent)) continue;
      pids.add(seen.pid);
      found.push(seen);
    }
  }
  return found;
}

/**
 * The living processes of a gateway: of its group, and those that left it (a daemon in a session of its own) but
 * carry its mark. One that left and hides its environment is not among them. Without /proc: the leader alone.
 */
export async function processesOf(pid: number, mark: string): Promise<readonly number[]> {
  const census = HAS_PROC ? await takeCensus(mark) : null;
  if (census === null) return groupExists(pid) ? [pid] : [];
  return census.filter((seen) => belongsTo(seen, pid, mark)).map((seen) => seen.pid);
}

/** All processes of one life of a gateway: they end together, as far as the system tells them. */
export class Tree {
  readonly #pid: number;
  readonly #mark: string;
  /** The leader's; null where there is no /proc, or it has ended already. */
  readonly #started: number | null;
  #leaderEnded = false;
  /** The leader's pid may name others from now on. */
  #groupEnded = false;
  #left: readonly CensusEntry[] = [];
  /** Starts, by pid, of those that only their parents told of. */
  readonly #hidden = new Map<number, number>();
  #killedAt: number | undefined;

  constructor(pid: number, mark: string) {
    this.#pid = pid;
    this.#mark = mark;
    this.#started = HAS_PROC ? (readStat(pid)?.started ?? null) : null;
  }

  /**
   * To all of them within ms, SIGKILL to the group before it returns; false where the system does not permit it.
   */
  signal(signal: NodeJS.Signals): boolean {
    if (signal !== 'SIGKILL' && HAS_PROC) {
      void this.#signalAll(signal);
      return this.#groupEnded || tryGroup(this.#pid) !== 'refused';
    }
    if (signal === 'SIGKILL') {
      // There is no time to look before.
      if (this.#killedAt === undefined) this.#remember(lastCensus());
      this.#killedAt ??= performance.now();
    }
    const sent = this.#groupEnded ? 'gone' : signalGroup(this.#pid, signal);
    void this.#signalStrays(signal);
    return sent !== 'refused';
  }

  /** The leader has ended: whether any of the others is left. */
  async leaderEnded(): Promise<boolean> {
    this.#leaderEnded = true;
    this.#remember(lastCensus());
    return this.#look();
  }

  /**
   * Resolves with true when nothing is left. SIGKILL reaches also what is born meanwhile; with false where some
   * outlived it for too long (a fork bomb, a disk that hangs, another user's).
   */
  async ended(): Promise<boolean> {
    const from = performance.now();
    for (let wait = 2; await this.#look(); wait = Math.min(wait * 2, 100)) {
      if (this.#killedAt !== undefined) {
        if (performance.now() - Math.max(this.#killedAt, from) > GIVEN_UP_AFTER) return false;
        this.#kill();
      }
      await pause(wait);
    }
    return true;
  }

  async #look(): Promise<boolean> {
    // In a grace /proc is not read over and over: who is known to be left says enough.
    if (this.#killedAt === undefined && this.#left.some(isLiving)) return true;
    const census = HAS_PROC ? await takeCensus(this.#mark) : null;
    if (census === null) {
      const left = !this.#groupEnded && groupExists(this.#pid);
      if (this.#leaderEnded && !left) this.#groupEnded = true;
      return left;
    }
    this.#left = census.filter((seen) => this.#isOurs(seen));
    const led = this.#left.some(({ group, session }) => group === this.#pid || session === this.#pid);
    if (this.#leaderEnded && !led) this.#groupEnded = true;
    return this.#left.length > 0;
  }

  /** Who is whose child is known until the first of them ends: so they are looked at before. */
  async #signalAll(signal: NodeJS.Signals): Promise<void> {
    const census = (await takeCensus(this.#mark)) ?? [];
    this.#remember(census);
    if (this.#killedAt !== undefined) return;
    if (!this.#groupEnded) signalGroup(this.#pid, signal);
    for (const seen of census) {
      if (this.#isOurs(seen) && seen.group !== this.#pid) signalProcess(seen, signal);
    }
  }

  /** Notes who is told by its parents alone; they may have ended since that census, as may all that it saw. */
  #remember(census: readonly CensusEntry[]): void {
    // Of an earlier time: this pid may have been another's.
    if (!census.some(({ pid, started }) => pid === this.#pid && started === this.#started)) return;
    // Who may have left with an exec since its mark was read is no parent to go by.
    const own = census.filter(
      (seen) =>
        this.#isOurs(seen) && (!seen.believed || seen.group === this.#pid || seen.session === this.#pid),
    );
    for (const { pid, started } of unmarkedDescendants(census, own, this.#mark))
      this.#hidden.set(pid, started);
  }

  async #signalStrays(signal: NodeJS.Signals): Promise<void> {
    const census = HAS_PROC ? await takeCensus(this.#mark) : null;
    for (const seen of census ?? []) {
      if (this.#isOurs(seen) && seen.group !== this.#pid) signalProcess(seen, signal);
    }
  }

  #kill(): void {
    if (!this.#groupEnded) signalGroup(this.#pid, 'SIGKILL');
    for (const seen of this.#left) signalProcess(seen, 'SIGKILL');
  }

  #isOurs(seen: CensusEntry): boolean {
    if (this.#hidden.get(seen.pid) === seen.started) return true;
    return this.#groupEnded ? seen.mark === this.#mark : belongsTo(seen, this.#pid, this.#mark);
  }
}
