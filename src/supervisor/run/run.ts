import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandError, EXIT } from '../../errors.ts';
import type { Report } from '../../events.ts';
import { errorCode, errorMessage } from '../../util/errno.ts';
import { ownStart, scanNow } from '../tree/census.ts';
import { MARK, markOf, markPrefix } from '../tree/mark.ts';
import { HAS_PROC, isLiving, type ProcessId, readStat } from '../tree/proc.ts';
import { HAS_GROUPS, signalProcess } from '../tree/process-group.ts';
import { Guard, type LedGroup } from './guard.ts';
import { type Leader, RECORD, RecordFile, type RunRecord, readRecord } from './run-record.ts';
import { sweep } from './sweep.ts';

export { MARK } from '../tree/mark.ts';

/** One run of gwproxy: what its gateways' processes are known by, and what ends them should it be killed. */
export interface Run {
  /** The value of MARK for that life's processes. */
  mark(profile: string, generation: number): string;
  /** The leader of that life's process group is there. */
  leaderStarted(profile: string, pid: number): void;
  /** Nothing of that life is left. */
  treeEnded(pid: number): void;
  /**
   * Throws a CommandError (73) where the gwproxy of the record lives, whatever became of its control socket. To be
   * called before anything of the state folder is written or ended.
   */
  assertNoneRuns(): Promise<void>;
  /**
   * Ends what an earlier run that was killed has left, then sees to it that this run's gateways end if this
   * process is killed. To be called once nobody else runs in that state folder, and before the first start.
   */
  begin(): Promise<void>;
  /** To be called when no gateway is left. */
  close(): Promise<void>;
  /**
   * SIGKILL, before it returns, to every process that carries a mark of this run: for the 'exit' of the process,
   * after the groups were killed. Without /proc it does nothing.
   */
  killNow(): void;
}

/** ms: one that was just killed listens no more, and lives until its memory is given back. */
const ENDING = 1000;

/** Looks at /proc in killNow: the second finds what was born during the first. */
const LOOKS = 3;

/** `folder` is the state folder. */
export function createRun({ folder, report }: { readonly folder: string; readonly report: Report }): Run {
  const id = newId();
  const groups = new Map<number, LedGroup & { readonly profile: string }>();
  const file = join(folder, RECORD);
  const untold = (reason: string): void => report({ type: 'run.record', file, reason });
  const record = new RecordFile(file, untold);
  const guard = new Guard({
    entry: `${MARK}=${markPrefix(id)}`,
    lost: (reason) => report({ type: 'run.unguarded', reason }),
  });
  /** Null before begin(), after close(), and where there is no /proc. */
  let boot: string | null = null;

  async function keep(): Promise<void> {
    if (boot === null) return;
    const leaders = [...groups.values()].flatMap(({ profile, pid, started }): Leader[] =>
      started === null ? [] : [{ profile, pid, started }],
    );
    await record.write({ run: id, boot, pid: process.pid, started: ownStart(), leaders });
  }

  function changed(): void {
    guard.update([...groups.values()]);
    void keep();
  }

  async function earlierOfThisBoot(): Promise<RunRecord | null> {
    const earlier = await readRecord(file);
    return earlier !== null && earlier.boot === (await bootId()) ? earlier : null;
  }

  async function sweepEarlier(): Promise<void> {
    try {
      const earlier = await earlierOfThisBoot();
      if (earlier === null) return;
      const { profiles, processes, left } = await sweep(earlier);
      if (processes > 0) report({ type: 'run.swept', profiles, processes });
      if (left.length > 0) untold(`names processes that cannot be ended: ${left.join(', ')}`);
    } catch (error) {
      const why = errorCode(error) ?? errorMessage(error);
      untold(
        `cannot be followed (${why}); what an earlier gwproxy left, if it was killed, is not looked for`,
      );
    }
  }

  return {
    ...unguardedAs(id),
    leaderStarted(profile, pid) {
      const started = HAS_PROC ? startOf(pid) : null;
      // It has ended already, and its pid may be anybody's by the time that it is needed.
      if (HAS_PROC && started === null) return;
      groups.set(pid, { profile, pid, started });
      changed();
    },
    treeEnded(pid) {
      if (groups.delete(pid)) changed();
    },
    async assertNoneRuns() {
      if (!HAS_PROC) return;
      // What cannot be read is told of in begin(), which cannot follow it either.
      const earlier = await earlierOfThisBoot().catch(() => null);
      if (earlier === null || earlier.pid === process.pid || !(await outlives(earlier, ENDING))) return;
      throw new CommandError(
        EXIT.alreadyRunning,
        `a gwproxy already runs on this config (pid ${earlier.pid}), whose control socket was removed; it makes a new one within seconds: see \`gwproxy status\`, or end it with \`gwproxy down\``,
      );
    },
    async begin() {
      if (!HAS_GROUPS) {
        report({ type: 'run.unguarded', reason: 'this system has no process groups' });
        return;
      }
      if (HAS_PROC) {
        boot = await bootId();
        if (boot === null) untold("is not kept: the system's boot id cannot be read");
        await sweepEarlier();
        await keep();
      }
      guard.start();
    },
    async close() {
      boot = null;
      await Promise.all([guard.end(), record.remove()]);
    },
  };
}

/** A run that is only told apart: for a supervisor on its own. */
export function unguardedRun(): Run {
  return unguardedAs(newId());
}

function unguardedAs(id: string): Run {
  return {
    mark: (profile, generation) => markOf(id, profile, generation),
    leaderStarted: () => {},
    treeEnded: () => {},
    assertNoneRuns: () => Promise.resolve(),
    begin: () => Promise.resolve(),
    close: () => Promise.resolve(),
    killNow: () => killMarked(markPrefix(id)),
  };
}

function killMarked(prefix: string): void {
  if (!HAS_PROC) return;
  const since = ownStart();
  const killed = new Set<number>();
  for (let look = 0; look < LOOKS; look += 1) {
    const found = scanNow(since).filter(({ pid, mark }) => mark?.startsWith(prefix) && !killed.has(pid));
    if (found.length === 0) return;
    for (const seen of found) {
      signalProcess(seen, 'SIGKILL');
      killed.add(seen.pid);
    }
  }
}

async function outlives(gwproxy: ProcessId, ms: number): Promise<boolean> {
  const from = performance.now();
  while (isLiving(gwproxy)) {
    if (performance.now() - from >= ms) return true;
    await pause(20);
  }
  return false;
}

/** Null where it has ended, or no descriptor is left to look. */
function startOf(pid: number): number | null {
  try {
    return readStat(pid)?.started ?? null;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return null;
  }
}

/** random(4): new with every boot. Null where a sandbox hides it. */
async function bootId(): Promise<string | null> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return null;
  }
}

function newId(): string {
  return randomBytes(8).toString('hex');
}
