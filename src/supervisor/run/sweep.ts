import { setTimeout as pause } from 'node:timers/promises';
import { type CensusEntry, scan } from '../tree/census.ts';
import { markPrefix, profileIn } from '../tree/mark.ts';
import { isLiving } from '../tree/proc.ts';
import { signalProcess } from '../tree/process-group.ts';
import type { RunRecord } from './run-record.ts';

/** ms between SIGTERM and SIGKILL: the old run's ports and locks are wanted now. */
const GRACE = 1000;

/** ms after which what outlived SIGKILL is left alone. */
const GIVEN_UP_AFTER = 5000;

export interface Swept {
  /** Without repeats. */
  readonly profiles: readonly string[];
  /** How many were ended. */
  readonly processes: number;
  /** The pids of those that could not be. */
  readonly left: readonly number[];
}

/**
 * Ends what a run of this boot has left: every process that carries its mark, and the group and session of every
 * leader that is the recorded one, by its start. SIGTERM, SIGKILL after a second, and again until a look finds none.
 */
export async function sweep(record: RunRecord): Promise<Swept> {
  const prefix = markPrefix(record.run);
  const met = new Map<number, string>();
  let groups: ReadonlyMap<number, string> | undefined;
  const from = performance.now();
  for (let wait = 2; ; wait = Math.min(wait * 2, 100)) {
    const census = await scan(record.started, (mark) => mark.startsWith(prefix));
    // Once is enough: a leader may end before its group, whose number then stays taken.
    groups ??= groupsOf(record, census);
    const left = ownersOf(census, prefix, groups);
    const spent = performance.now() - from;
    if (left.length === 0 || spent > GIVEN_UP_AFTER) {
      const pids = left.map(({ seen }) => seen.pid);
      const ended = [...met.keys()].filter((pid) => !pids.includes(pid)).length;
      return { profiles: [...new Set(met.values())].sort(), processes: ended, left: pids };
    }
    for (const { seen, profile } of left) {
      if (spent >= GRACE) signalProcess(seen, 'SIGKILL');
      else if (!met.has(seen.pid)) signalProcess(seen, 'SIGTERM');
      met.set(seen.pid, profile);
    }
    await pause(wait);
    while (performance.now() - from < GRACE && left.some(({ seen }) => isLiving(seen))) await pause(10);
  }
}

/** The recorded groups that are still led by whom the record names, and whose profile each is. */
function groupsOf(record: RunRecord, census: readonly CensusEntry[]): ReadonlyMap<number, string> {
  const starts = new Map(census.map(({ pid, started }) => [pid, started]));
  return new Map(
    record.leaders
      .filter(({ pid, started }) => starts.get(pid) === started)
      .map(({ pid, profile }) => [pid, profile]),
  );
}

function ownersOf(
  census: readonly CensusEntry[],
  prefix: string,
  groups: ReadonlyMap<number, string>,
): readonly { readonly seen: CensusEntry; readonly profile: string }[] {
  return census.flatMap((seen) => {
    // This gwproxy may have been started from within a gateway of the one before.
    if (seen.pid === process.pid) return [];
    const profile = seen.mark?.startsWith(prefix)
      ? profileIn(seen.mark)
      : (groups.get(seen.group) ?? groups.get(seen.session));
    return profile === undefined ? [] : [{ seen, profile }];
  });
}
