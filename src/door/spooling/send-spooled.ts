import { DoorError } from '../../errors.ts';
import { pickByPath } from '../../routing/target-path.ts';
import { errorCode } from '../../util/errno.ts';
import type { DoorContext } from '../context.ts';
import type { Client } from '../http/client.ts';
import type { RuleSet } from '../match/rule-set.ts';
import type { SendOutcome } from '../spool/send-verdict.ts';
import type { SpoolRequest } from '../spool/store/spooled-delivery.ts';
import type { GatewayReadiness } from '../spool/wake.ts';
import { type SendCopyContext, sendCopy } from '../upstream/send-copy.ts';
import type { Upstream } from '../upstream/upstreams.ts';
import { isStillRouted } from './still-routed.ts';

/** The readiness of a delivery's listener by the newest snapshot. */
export function readinessOf(
  context: Pick<DoorContext, 'upstreams' | 'supervisor' | 'ruleSet'>,
): GatewayReadiness {
  return {
    stateOf: (profile, target) => {
      const found = upstreamOf(context, profile, target)?.target;
      // Before the first snapshot no listener is known.
      if (found === undefined) return context.ruleSet() === null ? 'not-ready' : 'no-listener';
      return found.state === 'ready' && found.address !== null ? 'ready' : 'not-ready';
    },
    ensureReady: (profile, target, deadlineAt) => {
      const found = upstreamOf(context, profile, target)?.target;
      if (found?.state !== 'pending') return;
      const { listener } = found;
      // One id per profile, which expires at its deadline: it need not be cancelled.
      context.supervisor.ensureReady({ id: `spool-${profile}`, profile, listener, deadlineAt });
    },
  };
}

/**
 * Sends a delivery to its listener once, under a lease, and resolves with the answer's status. The outcome is
 * 'unsent' if the listener is not ready or no byte was sent, and 'no-route' if the routes of the newest snapshot no
 * longer give the delivery to its profile: after a reload the profile's name may belong to another bot.
 */
export async function sendSpooled(
  context: SendCopyContext & Pick<DoorContext, 'upstreams' | 'supervisor' | 'ruleSet' | 'loop'>,
  request: SpoolRequest,
  signal: AbortSignal,
): Promise<SendOutcome> {
  const { profile, method, target, headers, body } = request;
  // Nothing is awaited between the end of this check and the dispatch, so that both use one snapshot.
  for (let ruleSet: RuleSet | null = null; ruleSet === null || ruleSet !== context.ruleSet(); ) {
    ruleSet = context.ruleSet();
    if (ruleSet === null) return { kind: 'unsent', code: 'GWPROXY_UPSTREAM_NOT_READY' };
    if (!(await isStillRouted(context.loop, ruleSet.table, request))) return { kind: 'no-route' };
  }
  const upstream = upstreamOf(context, profile, target);
  const address = upstream?.target.state === 'ready' ? upstream.target.address : null;
  if (upstream === undefined || address === null)
    return { kind: 'unsent', code: 'GWPROXY_UPSTREAM_NOT_READY' };
  const client = new SpoolClient(signal);
  try {
    const outcome = await sendCopy(context, client, upstream, address, {
      method,
      target,
      headers: [...headers],
      body,
    });
    if (outcome.kind === 'answered') return outcome;
    const code = errorCode(outcome.cause) ?? 'UNKNOWN';
    const { generation, listener } = upstream.target;
    context.supervisor.failed({ profile, generation, listener, code });
    return { kind: 'unsent', code };
  } catch (error) {
    return {
      kind: 'broken',
      code: errorCode(error instanceof DoorError ? (error.cause ?? error) : error) ?? 'UNKNOWN',
    };
  } finally {
    client.end();
  }
}

/** The upstream of the listener for a path and query, by the newest snapshot. */
export function upstreamOf(
  context: Pick<DoorContext, 'upstreams'>,
  profile: string,
  target: string,
): Upstream | undefined {
  const [path = ''] = target.split('?', 1);
  return pickByPath(context.upstreams.of(profile), path);
}

/** The spool in the role of the client; it disconnects when the signal aborts. */
class SpoolClient implements Client {
  readonly clientAddress = 'spool';
  readonly #signal: AbortSignal;
  #onDisconnect: (() => void) | null = null;
  readonly #handleDisconnect = (): void => {
    const handler = this.#onDisconnect;
    this.#onDisconnect = null;
    handler?.();
  };

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#handleDisconnect);
  }

  get isDisconnected(): boolean {
    return this.#signal.aborted;
  }

  onDisconnect(handler: (() => void) | null): void {
    this.#onDisconnect = handler;
  }

  end(): void {
    this.#signal.removeEventListener('abort', this.#handleDisconnect);
  }
}
