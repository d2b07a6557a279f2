import { setTimeout as pause } from 'node:timers/promises';
import { type CensusEntry, scanProcesses, takeCensus } from '../tree/census.ts';
import { markPrefix, profileIn } from '../tree/mark.ts';
import { isLiving } from '../tree/proc.ts';
import { signalProcess } from '../tree/process-group.ts';
import type { RunRecord } from './run-record.ts';

/** ms between SIGTERM and SIGKILL: the new run or generation needs the ports and locks of these processes. */
const GRACE = 1000;

/** ms after which processes that outlive SIGKILL are left alone. */
const GIVEN_UP_AFTER = 5000;

export interface Swept {
  /** The profiles whose processes were found, each once; those whose profile is not known are not counted here. */
  readonly profiles: readonly string[];
  /** How many processes were ended. */
  readonly processes: number;
  /** The pids of those that could not be ended. */
  readonly survivors: readonly number[];
}

/** A process that is to end, and the profile that it belongs to; null if that is not known. */
interface Doomed {
  readonly seen: CensusEntry;
  readonly profile: string | null;
}

/**
 * Ends the processes that an earlier run of this boot has left: every process with a mark of the run, and the group and
 * session of every recorded leader whose start is the recorded one. Rejects if /proc cannot be read.
 */
export function sweepEarlierRun(record: RunRecord): Promise<Swept> {
  const prefix = markPrefix(record.run);
  let groups: ReadonlyMap<number, string> | undefined;
  return endAll(async () => {
    const census = await scanProcesses(record.started, (mark) => mark.startsWith(prefix));
    // Only in the first scan: a leader may end before its group, which keeps the number.
    groups ??= groupsOf(record, census);
    return doomedIn(census, prefix, groups);
  });
}

/** Ends every process whose mark begins so, in a run that has no guard or record for them any more. */
export function sweepMarked(prefix: string): Promise<Swept> {
  return endAll(async () => {
    const census = await takeCensus(prefix);
    return census === null ? null : doomedIn(census, prefix, new Map());
  });
}

/**
 * Sends SIGTERM, SIGKILL after a second, and again until `find` finds none. `find` returns null if it cannot look now.
 */
async function endAll(find: () => Promise<readonly Doomed[] | null>): Promise<Swept> {
  const found = new Map<number, string | null>();
  const from = performance.now();
  for (let wait = 2; ; wait = Math.min(wait * 2, 100)) {
    const remaining = await find();
    const spent = performance.now() - from;
    if (remaining?.length === 0 || spent > GIVEN_UP_AFTER) {
      const pids = (remaining ?? []).map(({ seen }) => seen.pid);
      const profiles = new Set([...found.values()].filter((profile) => profile !== null));
      const ended = [...found.keys()].filter((pid) => !pids.includes(pid)).length;
      return { profiles: [...profiles].sort(), processes: ended, survivors: pids };
    }
    for (const { seen, profile } of remaining ?? []) {
      if (spent >= GRACE) signalProcess(seen, 'SIGKILL');
      else if (!found.has(seen.pid)) signalProcess(seen, 'SIGTERM');
      found.set(seen.pid, profile);
    }
    await pause(wait);
    while (performance.now() - from < GRACE && remaining?.some(({ seen }) => isLiving(seen))) await pause(10);
  }
}

/** The recorded groups that still have their recorded leader: group to profile. */
function groupsOf(record: RunRecord, census: readonly CensusEntry[]): ReadonlyMap<number, string> {
  const starts = new Map(census.map(({ pid, started }) => [pid, started]));
  return new Map(
    record.leaders
      .filter(({ pid, started }) => starts.get(pid) === started)
      .map(({ pid, profile }) => [pid, profile]),
  );
}

function doomedIn(
  census: readonly CensusEntry[],
  prefix: string,
  groups: ReadonlyMap<number, string>,
): readonly Doomed[] {
  return census.flatMap((seen): Doomed[] => {
    // This gwproxy may have been started from within a gateway of the earlier run.
    if (seen.pid === process.pid) return [];
    if (seen.mark?.startsWith(prefix)) return [{ seen, profile: profileIn(seen.mark) }];
    const profile = groups.get(seen.group) ?? groups.get(seen.session);
    return profile === undefined ? [] : [{ seen, profile }];
  });
}
