import { setTimeout as pause } from 'node:timers/promises';
import type { Blow, PlannedBlow } from './chaos.ts';
import type { Front } from './fronts/front.ts';
import type { Kill } from './ledger.ts';

export interface Dealt {
  readonly kills: readonly Kill[];
  /** How often each kind of blow was dealt. */
  readonly dealt: ReadonlyMap<string, number>;
  /** Kills of a gateway that did not run just then, and blows whose time came after the load's end. */
  readonly missed: number;
}

/**
 * Deals them one after the other, each at its time or when the one before is over, until the load has been sent; rejects
 * where `over` is aborted.
 */
export async function dealBlows(
  plan: readonly PlannedBlow[],
  front: Front,
  durationMs: number,
  over: AbortSignal,
): Promise<Dealt> {
  const since = performance.now();
  const kills: Kill[] = [];
  const dealt = new Map<string, number>();
  let missed = 0;
  for (const { at, blow } of plan) {
    const elapsed = performance.now() - since;
    if (at > elapsed) await pause(at - elapsed, undefined, { signal: over });
    over.throwIfAborted();
    if (performance.now() - since > durationMs) {
      missed += 1;
      continue;
    }
    const kill = killOf(blow);
    if (await deal(blow, front)) {
      dealt.set(blow.what, (dealt.get(blow.what) ?? 0) + 1);
      if (kill !== null) kills.push(kill);
    } else missed += 1;
  }
  return { kills, dealt, missed };
}

function killOf(blow: Blow): Kill | null {
  if (blow.what === 'kill') return { at: Date.now(), bot: blow.bot };
  return blow.what === 'kill-door' ? { at: Date.now(), bot: null } : null;
}

async function deal(blow: Blow, front: Front): Promise<boolean> {
  switch (blow.what) {
    case 'kill':
      return front.killGateway(blow.bot);
    case 'restart':
      await front.restartGateway(blow.bot);
      return true;
    case 'reload':
      await front.reload(blow.bot);
      return true;
    case 'kill-door':
      await front.killDoor();
      return true;
    case 'restart-door':
      await front.restartDoor();
      return true;
  }
}
