import type { Match } from '../routing/match.ts';
import type { DeliveryFacts } from '../routing/platform.ts';
import { pickByPath } from '../routing/target-path.ts';
import type { Address } from '../snapshot.ts';
import { reply } from './answer.ts';
import { sendersTime } from './deadline.ts';
import { deliver } from './deliver.ts';
import type { Exchange } from './exchange.ts';
import { forward, type Outcome } from './forward.ts';
import type { Head } from './head.ts';
import { keepOf } from './keep.ts';
import type { Parts } from './parts.ts';
import { type Prepared, prepare } from './prepare.ts';
import { checkLength } from './receive.ts';
import { repeatKey, sha256Of } from './repeat-key.ts';
import type { Ruled } from './ruling.ts';
import type { Upstream } from './upstreams.ts';
import type { Admitted } from './verified.ts';

/**
 * Brings a matched request to its gateway, once: a repeat of what is under way, or was taken lately, is answered as its
 * twin was. What may be acknowledged early is kept where the gateway is away. Rejects with what there is to answer.
 */
export function bring(
  parts: Parts,
  exchange: Exchange,
  head: Head,
  match: Match,
  { verified, body }: Admitted,
  ruled: Ruled,
): Promise<unknown> {
  if (body === 'streamed') checkLength(head.length, parts.limits.streamed);
  const prepared = prepare(parts, exchange, head, match, ruled);
  const { target, headers } = prepared;
  // What streams can neither be told from another nor be kept.
  const facts = body === 'streamed' || match.synchronous ? null : (match.facts?.() ?? null);
  const key = facts === null || body === 'streamed' ? null : keyOf(parts, match, facts, prepared, body);
  // A sender that gave up closes its connection, and then repeats. A stranger leaves no work behind.
  const outlivesClient = key !== null && verified !== null;
  const outgoing = { head, target, headers, body, outlivesClient };
  const send = (upstream: Upstream, address: Address): Promise<Outcome> =>
    forward(parts, exchange, upstream, address, outgoing);
  if (facts === null || body === 'streamed') return deliver(parts, exchange, prepared.delivery, send);
  const keep = verified === null ? null : keepOf(parts, match, facts, verified, prepared, body);
  const take = async (): Promise<void> => {
    const end = await deliver(parts, exchange, prepared.delivery, send, keep);
    if (end === 'kept') exchange.answer(reply(facts.acknowledgement, exchange.requestId), false);
  };
  return key === null ? take() : once(parts, exchange, key, prepared, take);
}

/** Null where nothing tells a repeat of it. */
function keyOf(
  parts: Parts,
  { profile }: Match,
  { dedupKey }: DeliveryFacts,
  { delivery, target }: Prepared,
  body: Buffer,
): string | null {
  const upstream = dedupKey && pickByPath(parts.upstreams.of(profile), delivery.path);
  if (dedupKey === undefined || upstream === undefined) return null;
  const { listener } = upstream.target;
  return repeatKey({ profile, listener, target, dedupKey, sha256: sha256Of(body) });
}

async function once(
  parts: Parts,
  exchange: Exchange,
  key: string,
  { delivery }: Prepared,
  take: () => Promise<void>,
): Promise<void> {
  const until = sendersTime(delivery.arrivedAt, delivery.deadline());
  const begun = parts.repeats.begin(key, exchange, until);
  const settled = begun.kind === 'repeat' ? await begun.settled : begun;
  if (settled.kind === 'answered') {
    const { status } = settled;
    exchange.answer(reply({ status, contentType: null, body: '' }, exchange.requestId), false);
    return;
  }
  try {
    await take();
    settled.leading.done(exchange.res.statusCode);
  } catch (error) {
    settled.leading.failed();
    throw error;
  }
}
