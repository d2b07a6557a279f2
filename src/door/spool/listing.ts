import type { Queued } from './profile-queue.ts';
import type { DeadLetter, EndReason, Spooled } from './store/spooled-delivery.ts';

/** The deliveries that an operator's command is for. */
export type Chosen =
  | { readonly ids: readonly string[] }
  | { readonly profile: string }
  | { readonly all: true };

/** One delivery as the operator sees it, without its headers and body. */
export interface SpoolListing {
  readonly id: string;
  readonly profile: string;
  readonly platform: Spooled['platform'];
  /** Epoch ms. */
  readonly receivedAt: number;
  readonly bytes: number;
  readonly tries: number;
  readonly lastStatus: string | null;
  readonly state: 'queued' | 'delivering' | 'dead';
  /** Why it is dead; null if it is not, or if its end record was lost. */
  readonly reason: EndReason | null;
}

export function isChosen(chosen: Chosen, { id, profile }: Spooled): boolean {
  if ('ids' in chosen) return chosen.ids.includes(id);
  return 'all' in chosen || chosen.profile === profile;
}

/** All deliveries that are on disk, in the order of arrival. */
export function listSpool(queued: readonly Queued[], dead: readonly DeadLetter[]): readonly SpoolListing[] {
  const onDisk = queued.filter(({ state }) => state !== 'writing');
  const all = [...onDisk.map(showQueued), ...dead.map(showDead)];
  return all.sort((one, other) => (one.id < other.id ? -1 : 1));
}

export function countByProfile(
  queued: readonly Queued[],
  dead: readonly DeadLetter[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { profile } of [...queued.map(({ spooled }) => spooled), ...dead]) {
    counts.set(profile, (counts.get(profile) ?? 0) + 1);
  }
  return counts;
}

function showQueued({ spooled, tries, lastStatus, state }: Queued): SpoolListing {
  const shown = state === 'queued' ? state : 'delivering';
  return { ...showFacts(spooled), tries, lastStatus, state: shown, reason: null };
}

function showDead(dead: DeadLetter): SpoolListing {
  const { tries, lastStatus, end } = dead;
  return { ...showFacts(dead), tries, lastStatus, state: 'dead', reason: end };
}

function showFacts({ id, profile, platform, receivedAt, bytes }: Spooled) {
  return { id, profile, platform, receivedAt, bytes };
}
