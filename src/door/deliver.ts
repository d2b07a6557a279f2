import { DoorError } from '../errors.ts';
import { pickByPath } from '../routing/target-path.ts';
import type { Address } from '../snapshot.ts';
import { holdUntil } from './deadline.ts';
import type { Client } from './exchange.ts';
import { codeOf, isStaleConnection, unreachable } from './failure.ts';
import type { Outcome } from './forward.ts';
import type { Parts } from './parts.ts';
import type { Upstream } from './upstreams.ts';

/** A request that is matched: whose it is, and how long its sender waits. */
export interface Delivery {
  readonly profile: string;
  /** As the gateway will see it, a stripped prefix taken off. */
  readonly path: string;
  /** Epoch ms. */
  readonly arrivedAt: number;
  /** Ms from arrivedAt; asked only where the request must wait. */
  readonly deadline: () => number;
}

/** Connections that fail while the snapshot still says ready: how often one is tried, and the first pause. */
const TRIES = 5;
const PAUSE = 50;

/**
 * Brings a request to its profile's listener: at once where that is ready, after a hold where it will be, and
 * again where a connection failed before a byte was sent. Rejects as Hold.wait and `send` do.
 */
export async function deliver(
  parts: Parts,
  client: Client,
  delivery: Delivery,
  send: (upstream: Upstream, address: Address) => Promise<Outcome>,
): Promise<void> {
  const { profile } = delivery;
  const counters = parts.counters.of(profile);
  let counted = false;
  let tries = 0;
  for (;;) {
    const upstream = pickByPath(parts.upstreams.of(profile), delivery.path);
    if (upstream === undefined) {
      throw new DoorError('GWPROXY_NO_ROUTE', 'no listener is public at this path');
    }
    if (!counted) counters.requests += 1;
    counted = true;
    const { target } = upstream;
    if (target.state !== 'ready' || target.address === null) {
      const until = holdUntil(delivery.arrivedAt, delivery.deadline(), counters.latency.p95());
      await parts.hold.wait(client, target, until);
      continue;
    }
    const outcome = await send(upstream, target.address);
    if (outcome.kind === 'answered') return;
    tries += 1;
    if (isStaleConnection(outcome.cause) && tries < TRIES) continue;
    const { generation, listener } = target;
    parts.supervisor.failed({ profile, generation, listener, code: codeOf(outcome.cause) });
    const pause = PAUSE * 2 ** (tries - 1);
    const until = holdUntil(delivery.arrivedAt, delivery.deadline(), counters.latency.p95());
    if (tries === TRIES || parts.now() + pause >= until) throw unreachable(outcome.cause);
    await parts.hold.pause(client, profile, pause);
  }
}
