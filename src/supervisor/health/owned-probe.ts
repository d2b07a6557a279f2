import type { Health, OwnerCheck } from '../../config/types.ts';
import type { Owner } from '../ports/ownership.ts';
import type { ProbeFailure, ProbeOutcome } from './health.ts';
import { probe } from './probe.ts';

export interface OwnedProbeOptions {
  /** The address to connect to now. */
  readonly host: () => string;
  readonly port: number;
  readonly check: OwnerCheck;
  /** Finds the owner of the port. */
  readonly findOwner: () => Promise<Owner>;
  /** Explains that no process listens there: where the gateway listens instead, if that can be found. */
  readonly explainAbsence: (failure: ProbeFailure) => Promise<ProbeFailure>;
  /** Called for every healthy probe whose listener has no known owner. */
  readonly ownerUnknown: (reason: string) => void;
}

/**
 * Probes a listener of a gateway. An answer from a foreign process fails the probe. If the owner is unknown, a
 * healthy answer passes only if `check` is lenient or off.
 */
export async function probeOwned(
  options: OwnedProbeOptions,
  health: Health,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const { host, port, check, findOwner } = options;
  const outcome = await probe({ ...health, host: host(), port }, signal);
  if (signal.aborted) return outcome;
  if (!outcome.ok && outcome.cause === 'absent') return options.explainAbsence(outcome);
  if (check === 'off') return outcome;
  const owner = await findOwner();
  if (signal.aborted || owner.kind === 'own') return outcome;
  if (owner.kind === 'foreign') {
    const advice = owner.advice === null ? '' : `; ${owner.advice}`;
    const reason = `port ${port} is held by ${owner.name}, not by this gateway${advice}`;
    return { ok: false, cause: 'foreign', reason };
  }
  if (!outcome.ok) return outcome;
  options.ownerUnknown(owner.reason);
  if (check === 'lenient') return outcome;
  const reason = `the owner of port ${port} is unknown (${owner.reason}); set owner_check: lenient if the gateway listens there`;
  return { ok: false, cause: 'unhealthy', reason };
}
