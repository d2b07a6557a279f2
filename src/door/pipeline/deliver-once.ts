import type { Match } from '../../routing/match.ts';
import type { DeliveryFacts } from '../../routing/platform.ts';
import { pickByPath } from '../../routing/target-path.ts';
import type { Address } from '../../snapshot.ts';
import { sha256Hex } from '../../util/hashing.ts';
import type { DoorContext } from '../context.ts';
import { answerDeadline } from '../hold/deadline.ts';
import { reply } from '../http/answer.ts';
import { ClientDisconnected } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import { type Prepared, prepare } from '../match/prepare.ts';
import type { MatchBasis } from '../match/rule-set.ts';
import { repeatKey } from '../repeats/repeat-key.ts';
import type { Head } from '../request/head.ts';
import { checkLength } from '../request/read-body.ts';
import { spoolableOf } from '../spooling/spool-delivery.ts';
import { type ForwardOutcome, forward } from '../upstream/forward.ts';
import type { Upstream } from '../upstream/upstreams.ts';
import type { Admitted } from './admit.ts';
import { deliver } from './deliver.ts';

/**
 * Delivers a matched request to its gateway once: a repeat of a request that is in flight or was accepted lately gets
 * its original's status. A spoolable request is spooled and acknowledged if the gateway is not ready. Rejects with the
 * DoorError to answer, or with ClientDisconnected.
 */
export async function deliverOnce(
  context: DoorContext,
  exchange: Exchange,
  head: Head,
  match: Match,
  { verified, body }: Admitted,
  basis: MatchBasis,
): Promise<unknown> {
  if (body === 'streamed') checkLength(head.length, context.limits.streamed);
  const prepared = prepare(context.publicUrl, exchange, head, match, verified !== null, basis);
  const { target, headers } = prepared;
  // A streamed body can neither be compared with a repeat nor spooled.
  const facts = body === 'streamed' || match.synchronous ? null : (match.facts?.() ?? null);
  const key =
    facts === null || body === 'streamed' ? null : await repeatKeyOf(context, match, facts, prepared, body);
  if (exchange.isDisconnected) throw new ClientDisconnected();
  // A sender that times out closes its connection and repeats the request, so the original goes on. A client that was
  // not verified must not be able to leave work behind.
  const outlivesClient = key !== null && verified !== null;
  const outgoing = { head, target, headers, body, outlivesClient };
  const send = (upstream: Upstream, address: Address): Promise<ForwardOutcome> =>
    forward(context, exchange, upstream, address, outgoing);
  if (facts === null || body === 'streamed') return deliver(context, exchange, prepared.delivery, send);
  const spoolable = verified === null ? null : spoolableOf(context, match, facts, verified, prepared, body);
  const deliverOrSpool = async (): Promise<void> => {
    const end = await deliver(context, exchange, prepared.delivery, send, spoolable);
    if (end === 'spooled') exchange.answer(reply(facts.acknowledgement, exchange.requestId), false);
  };
  return key === null
    ? deliverOrSpool()
    : deliverUnlessRepeat(context, exchange, key, prepared, deliverOrSpool);
}

/** The key by which a repeat is recognised; null if the platform names no ids. */
async function repeatKeyOf(
  context: DoorContext,
  { profile }: Match,
  { dedupKey }: DeliveryFacts,
  { delivery, target }: Prepared,
  body: Buffer,
): Promise<string | null> {
  const upstream = dedupKey && pickByPath(context.upstreams.of(profile), delivery.path);
  if (dedupKey === undefined || upstream === undefined) return null;
  const { listener } = upstream.target;
  return repeatKey({ profile, listener, target, dedupKey, sha256: await sha256Hex(context.loop, body) });
}

async function deliverUnlessRepeat(
  context: DoorContext,
  exchange: Exchange,
  key: string,
  { delivery }: Prepared,
  deliverOrSpool: () => Promise<void>,
): Promise<void> {
  const until = answerDeadline(delivery.arrivedAt, delivery.deadline());
  const begin = context.repeats.begin(key, exchange, until);
  const settled = begin.kind === 'repeat' ? await begin.settled : begin;
  if (settled.kind === 'answered') {
    const { status } = settled;
    exchange.answer(reply({ status, contentType: null, body: '' }, exchange.requestId), false);
    return;
  }
  try {
    await deliverOrSpool();
    settled.original.done(exchange.res.statusCode);
  } catch (error) {
    settled.original.failed();
    throw error;
  }
}
