import type { Health, OwnerCheck } from '../../config/types.ts';
import type { Owner } from '../ports/ownership.ts';
import type { ProbeOutcome } from './health.ts';
import { probe } from './probe.ts';

export interface OwnedProbeOptions {
  readonly host: string;
  readonly port: number;
  readonly check: OwnerCheck;
  /** Whose process listens there. */
  readonly findOwner: () => Promise<Owner>;
  /** Nobody can say whose; told with every such probe. */
  readonly ownerUnknown: (reason: string) => void;
}

/**
 * Asks a listener of one gateway. What a stranger answers is never well, and what somebody answers of whom nobody
 * can say who he is, is well where `check` is lenient.
 */
export async function probeOwned(
  options: OwnedProbeOptions,
  health: Health,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const { host, port, check, findOwner: look } = options;
  const outcome = await probe({ ...health, host, port }, signal);
  const nobody = !outcome.ok && outcome.cause === 'absent';
  if (check === 'off' || nobody || signal.aborted) return outcome;
  const owner = await look();
  if (signal.aborted || owner.kind === 'own') return outcome;
  if (owner.kind === 'foreign') {
    const reason = `port ${port} is held by ${owner.name}, not by this gateway`;
    return { ok: false, cause: 'stranger', reason };
  }
  if (!outcome.ok) return outcome;
  options.ownerUnknown(owner.reason);
  if (check === 'lenient') return outcome;
  const reason = `nobody can say whose process listens on port ${port} (${owner.reason})`;
  return { ok: false, cause: 'unwell', reason };
}
