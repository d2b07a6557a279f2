import type { Queued } from './queue.ts';
import type { DeadLetter, EndReason, Spooled } from './store/spooled-delivery.ts';

/** Which deliveries are meant. */
export type Chosen =
  | { readonly ids: readonly string[] }
  | { readonly profile: string }
  | { readonly all: true };

/** One delivery as the operator sees it: nothing of its headers or its body. */
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
  /** Why it is dead; null where it is not, or where nobody knows any more. */
  readonly reason: EndReason | null;
}

export function isChosen(chosen: Chosen, { id, profile }: Spooled): boolean {
  if ('ids' in chosen) return chosen.ids.includes(id);
  return 'all' in chosen || chosen.profile === profile;
}

export function showQueued({ spooled, tries, lastStatus, state }: Queued): SpoolListing {
  return {
    ...facts(spooled),
    tries,
    lastStatus,
    state: state === 'queued' ? state : 'delivering',
    reason: null,
  };
}

export function showDead(dead: DeadLetter): SpoolListing {
  const { tries, lastStatus, end } = dead;
  return { ...facts(dead), tries, lastStatus, state: 'dead', reason: end };
}

function facts({ id, profile, platform, receivedAt, bytes }: Spooled) {
  return { id, profile, platform, receivedAt, bytes };
}
