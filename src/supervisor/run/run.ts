import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CommandError, EXIT } from '../../errors.ts';
import type { Report } from '../../events.ts';
import { errorCode, errorMessage } from '../../util/errno.ts';
import { ownStart, scanProcessesSync } from '../tree/census.ts';
import { readMark } from '../tree/environ.ts';
import { MARK } from '../tree/mark.ts';
import { HAS_PROC, isLiving, type ProcessId, readStat } from '../tree/proc.ts';
import { HAS_GROUPS, signalProcess } from '../tree/process-group.ts';
import { Guard, type ProcessGroup } from './guard.ts';
import { createMarks, type Marks } from './marks.ts';
import { type Leader, RECORD, RecordFile, type RunRecord, readRecord } from './run-record.ts';
import { sweepEarlierRun, sweepMarked } from './sweep.ts';

/** One run of gwproxy: the marks of its gateways' processes, and what ends those processes if gwproxy is killed. */
export interface Run {
  /** The value of MARK for the processes of that generation. */
  mark(profile: string, generation: number): string;
  /** The leader of a process group has started. */
  leaderStarted(profile: string, pid: number): void;
  /** The value of MARK for the health commands of that generation, and for its env_command. */
  helperMark(profile: string, generation: number): string;
  /**
   * A health command or an env_command has started. The guard ends it as it ends gateways; it is not recorded, since it
   * is short-lived, and the next run finds it by its mark.
   */
  helperStarted(pid: number): void;
  /** No process of the tree of that leader is left. */
  treeEnded(pid: number): void;
  /**
   * Rejects with a CommandError (73) if the recorded gwproxy still lives, even if its control socket is gone. Must be
   * called before anything is written to the state folder and before earlier processes are ended.
   */
  assertNoneRuns(): Promise<void>;
  /**
   * Ends the processes of an earlier run that was killed, then starts the guard and the record of this run. Must be
   * called after assertNoneRuns() and before the first start.
   */
  begin(): Promise<void>;
  /**
   * Ends the processes of earlier generations of that profile to which these processes belong by their marks: a process
   * that escaped when its generation ended still holds `port`. Must not be called while a generation of the profile
   * runs. Resolves with false if none of these is such a process.
   */
  endLeftovers(profile: string, port: number, pids: readonly number[]): Promise<boolean>;
  /**
   * Must be called when no gateway is left. Ends whatever still bears a mark of this run: a process that escaped, or
   * that made up its mark.
   */
  close(): Promise<void>;
  /**
   * Sends SIGKILL, before it returns, to every process with a mark of this run: for the 'exit' of gwproxy, after the
   * groups were killed. Does nothing without /proc.
   */
  killNow(): void;
}

/** ms for a gwproxy that was just killed to end: it lives on until its memory is freed. */
const ENDS_WITHIN = 1000;

/** Scans of /proc in killNow(), 10 ms each: a later one finds the processes that were forked during an earlier one. */
const MOST_KILL_SCANS = 20;

/** `folder` is the state folder. */
export function createRun({ folder, report }: { readonly folder: string; readonly report: Report }): Run {
  const marks = createMarks();
  const unguarded = unguardedWith(marks, report);
  const groups = new Map<number, ProcessGroup & { readonly profile: string | null }>();
  const file = join(folder, RECORD);
  const recordFailed = (reason: string): void => report({ type: 'run.record', file, reason });
  const record = new RecordFile(file, recordFailed);
  const guard = new Guard({
    entry: `${MARK}=${marks.prefix}`,
    lost: (reason) => report({ type: 'run.unguarded', reason }),
  });
  /** Null before begin(), after close(), and where there is no /proc. */
  let boot: string | null = null;

  async function writeRecord(): Promise<void> {
    if (boot === null) return;
    const leaders = [...groups.values()].flatMap(({ profile, pid, started }): Leader[] =>
      started === null || profile === null ? [] : [{ profile, pid, started }],
    );
    await record.write({ run: marks.run, boot, pid: process.pid, started: ownStart(), leaders });
  }

  /** `profile` is null for a group that is not recorded. */
  function changed(profile: string | null): void {
    guard.update([...groups.values()]);
    if (profile !== null) void writeRecord();
  }

  function groupStarted(profile: string | null, pid: number): void {
    const started = HAS_PROC ? startOf(pid) : null;
    // It has ended already, so its pid may be another process's soon.
    if (HAS_PROC && started === null) return;
    groups.set(pid, { profile, pid, started });
    changed(profile);
  }

  async function earlierOfThisBoot(): Promise<RunRecord | null> {
    const earlier = await readRecord(file);
    return earlier !== null && earlier.boot === (await bootId()) ? earlier : null;
  }

  async function sweepEarlier(): Promise<void> {
    try {
      const earlier = await earlierOfThisBoot();
      if (earlier === null) return;
      const { profiles, processes, survivors } = await sweepEarlierRun(earlier);
      if (processes > 0) report({ type: 'run.swept', profiles, processes });
      if (survivors.length > 0) recordFailed(`names processes that cannot be ended: ${survivors.join(', ')}`);
    } catch (error) {
      const why = errorCode(error) ?? errorMessage(error);
      recordFailed(`cannot be used (${why}): processes that a killed gwproxy left are not searched for`);
    }
  }

  return {
    ...unguarded,
    leaderStarted: groupStarted,
    helperStarted: (pid) => groupStarted(null, pid),
    treeEnded(pid) {
      const ended = groups.get(pid);
      if (ended === undefined) return;
      groups.delete(pid);
      changed(ended.profile);
    },
    async assertNoneRuns() {
      if (!HAS_PROC) return;
      // A record that cannot be read is reported by begin().
      const earlier = await earlierOfThisBoot().catch(() => null);
      if (earlier === null || earlier.pid === process.pid || !(await isLivingAfter(earlier, ENDS_WITHIN)))
        return;
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
        if (boot === null) recordFailed("is not written: the system's boot id cannot be read");
        await sweepEarlier();
        await writeRecord();
      }
      guard.start();
    },
    async close() {
      boot = null;
      await unguarded.close();
      await Promise.all([guard.end(), record.remove()]);
    },
  };
}

/** A run with marks, but without a guard and a record: for a supervisor on its own. */
export function unguardedRun(report: Report = () => {}): Run {
  return unguardedWith(createMarks(), report);
}

function unguardedWith(marks: Marks, report: Report): Run {
  async function endMarked(prefix: string, port: number | null): Promise<void> {
    const { profiles, processes, survivors } = await sweepMarked(prefix);
    if (processes + survivors.length === 0) return;
    report({ type: 'run.leftover', profiles, processes, survivors: survivors.length, port });
  }

  return {
    mark: (profile, generation) => marks.of(profile, generation),
    helperMark: (profile, generation) => marks.ofHelper(profile, generation),
    leaderStarted: () => {},
    helperStarted: () => {},
    treeEnded: () => {},
    assertNoneRuns: () => Promise.resolve(),
    begin: () => Promise.resolve(),
    async endLeftovers(profile, port, pids) {
      const found = pids.flatMap((pid) => readMark(pid) ?? []).filter((mark) => marks.isOf(profile, mark));
      for (const mark of new Set(found)) await endMarked(mark, port);
      return found.length > 0;
    },
    async close() {
      if (HAS_PROC) await endMarked(marks.prefix, null);
    },
    killNow: () => killMarked(marks.prefix),
  };
}

function killMarked(prefix: string): void {
  if (!HAS_PROC) return;
  const since = ownStart();
  const killed = new Set<number>();
  for (let scan = 0; scan < MOST_KILL_SCANS; scan += 1) {
    const found = scanProcessesSync(since).filter(
      ({ pid, mark }) => mark?.startsWith(prefix) && !killed.has(pid),
    );
    if (found.length === 0) return;
    for (const seen of found) {
      signalProcess(seen, 'SIGKILL');
      killed.add(seen.pid);
    }
  }
}

async function isLivingAfter(gwproxy: ProcessId, ms: number): Promise<boolean> {
  const from = performance.now();
  while (isLiving(gwproxy)) {
    if (performance.now() - from >= ms) return true;
    await pause(20);
  }
  return false;
}

/** Null if it has ended, or no descriptor is left to read /proc. */
function startOf(pid: number): number | null {
  try {
    return readStat(pid)?.started ?? null;
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return null;
  }
}

/** The boot id of random(4), new with every boot; null if a sandbox hides it. */
async function bootId(): Promise<string | null> {
  try {
    return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return null;
  }
}
