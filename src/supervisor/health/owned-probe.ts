import type { Health, OwnerCheck } from '../../config/types.ts';
import type { Owner } from '../ports/ownership.ts';
import type { Outcome } from './health.ts';
import { probe } from './probe.ts';

export interface AskingOptions {
  readonly host: string;
  readonly port: number;
  readonly check: OwnerCheck;
  /** Whose process listens there. */
  readonly look: () => Promise<Owner>;
  /** Nobody can say whose; told with every such probe. */
  readonly unknown: (reason: string) => void;
}

/**
 * Asks a listener of one gateway. What a stranger answers is never well, and what somebody answers of whom nobody
 * can say who he is, is well where `check` is lenient.
 */
export async function ask(options: AskingOptions, health: Health, signal: AbortSignal): Promise<Outcome> {
  const { host, port, check, look } = options;
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
  options.unknown(owner.reason);
  if (check === 'lenient') return outcome;
  const reason = `nobody can say whose process listens on port ${port} (${owner.reason})`;
  return { ok: false, cause: 'unwell', reason };
}
