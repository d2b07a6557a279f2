import { DoorError } from '../../errors.ts';
import { pickByPath } from '../../routing/target-path.ts';
import type { Client } from '../exchange.ts';
import { codeOf } from '../failure.ts';
import { type OfferParts, offer } from '../offer.ts';
import type { Parts } from '../parts.ts';
import type { Upstream } from '../upstreams.ts';
import type { Readiness } from './asks.ts';
import { isStillIts } from './claim.ts';
import type { SpoolRequest } from './delivery.ts';
import type { Outcome } from './verdict.ts';

/** Which listener a delivery is for, and whether the newest snapshot says that it is ready. */
export function readinessOf(parts: Pick<Parts, 'upstreams' | 'supervisor' | 'ruling'>): Readiness {
  return {
    standing: (profile, target) => {
      const found = upstreamOf(parts, profile, target)?.target;
      // Before the first snapshot nobody knows.
      if (found === undefined) return parts.ruling() === null ? 'away' : 'nowhere';
      return found.state === 'ready' && found.address !== null ? 'ready' : 'away';
    },
    ensureReady: (profile, target, deadlineAt) => {
      const found = upstreamOf(parts, profile, target)?.target;
      if (found?.state !== 'pending') return;
      const { listener } = found;
      // One for each profile: the supervisor need not be told that it is taken back.
      parts.supervisor.ensureReady({ id: `spool-${profile}`, profile, listener, deadlineAt });
    },
  };
}

/**
 * Sends a delivery to its listener once, under a lease, and gives back the status of the answer, of which no more
 * is read than keeps the connection. Where no byte left, or the listener is not ready (any more), it is 'unsent'.
 * Sent is only what the routes of the newest snapshot give to that profile still: names may have changed hands.
 */
export async function sendSpooled(
  parts: OfferParts & Pick<Parts, 'upstreams' | 'supervisor' | 'ruling'>,
  request: SpoolRequest,
  signal: AbortSignal,
): Promise<Outcome> {
  const { profile, method, target, headers, body } = request;
  const upstream = upstreamOf(parts, profile, target);
  const address = upstream?.target.state === 'ready' ? upstream.target.address : null;
  const table = parts.ruling()?.table ?? null;
  if (upstream === undefined || address === null || table === null)
    return { kind: 'unsent', code: 'GWPROXY_UPSTREAM_NOT_READY' };
  // Nothing is awaited from here to the dispatch: both are of one snapshot.
  if (!isStillIts(table, request)) return { kind: 'no-route' };
  const client = new Waiting(signal);
  try {
    const offered = await offer(parts, client, upstream, address, {
      method,
      target,
      headers: [...headers],
      body,
    });
    if (offered.kind === 'answered') return offered;
    const code = codeOf(offered.cause);
    const { generation, listener } = upstream.target;
    parts.supervisor.failed({ profile, generation, listener, code });
    return { kind: 'unsent', code };
  } catch (error) {
    return { kind: 'broken', code: codeOf(error instanceof DoorError ? (error.cause ?? error) : error) };
  } finally {
    client.end();
  }
}

/** The listener that a path and query is for, as the newest snapshot says. */
export function upstreamOf(
  parts: Pick<Parts, 'upstreams'>,
  profile: string,
  target: string,
): Upstream | undefined {
  const [path = ''] = target.split('?', 1);
  return pickByPath(parts.upstreams.of(profile), path);
}

/** Nobody waits for the answer but the spool, until it is told to end. */
class Waiting implements Client {
  readonly #signal: AbortSignal;
  #undo: (() => void) | null = null;
  readonly #leave = (): void => {
    const undo = this.#undo;
    this.#undo = null;
    undo?.();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#leave);
  }

  get left(): boolean {
    return this.#signal.aborted;
  }

  onLeave(undo: (() => void) | null): void {
    this.#undo = undo;
  }

  end(): void {
    this.#signal.removeEventListener('abort', this.#leave);
  }
}
