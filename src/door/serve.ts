import { DoorError } from '../errors.ts';
import { bodyTypeOf } from '../routing/inspect.ts';
import { type HeadOutcome, type Match, type MixedBatch, matchHead } from '../routing/match.ts';
import { problem, reply } from './answer.ts';
import { bring } from './bring.ts';
import { ClientLeft, type Exchange } from './exchange.ts';
import { fanOut } from './fan-out.ts';
import type { Head } from './head.ts';
import { keptRequestId } from './headers.ts';
import { PATH_LENGTH, type Parts } from './parts.ts';
import { asDoorError, mixedBatch, noRoute, notYet } from './refusal.ts';
import { readHead } from './request.ts';
import { newRequestId } from './request-id.ts';
import { decideByBody, type Ruling, ruledBy } from './ruling.ts';
import { unclaimed } from './unclaimed.ts';
import { admit, admitBatch } from './verified.ts';
import { type Body, whole } from './whole.ts';

/** What an event names of a batch's deliveries: enough to find them by. */
const NAMED = 20;

/**
 * One request's whole way: its head is read, its route found (by the head, or by a body that is then read whole),
 * it is verified where its profile says how, and brought to its gateway, whose answer streams back. Never rejects:
 * what goes wrong is answered.
 */
export async function serve(parts: Parts, exchange: Exchange): Promise<void> {
  let profile: string | null = null;
  try {
    const head = identify(exchange);
    const ruling = parts.ruling();
    if (ruling === null) throw notYet();
    let outcome = matchHead(ruling.table, head);
    let body: Body = 'streamed';
    if (outcome.kind === 'needs-body') {
      body = await whole(parts, exchange, head);
      outcome = decideByBody(outcome, head, body);
    }
    if (outcome.kind === 'match') {
      profile = outcome.profile;
      const admission = admit(parts, exchange, ruling, head, outcome, body);
      const admitted = admission instanceof Promise ? await admission : admission;
      const { body: read } = admitted;
      // Its proof covered a body that no route needed: what may be kept, and in which order, is in there.
      const known = body === 'streamed' && read !== 'streamed' ? withBody(outcome, head, read) : outcome;
      await bring(parts, exchange, head, known, admitted, ruledBy(ruling, head, known, read));
    } else {
      await settle(parts, exchange, ruling, head, outcome, body);
    }
  } catch (error) {
    refuse(parts, exchange, error, profile);
  } finally {
    parts.budget.give(exchange.buffered);
  }
}

function identify(exchange: Exchange): Head {
  exchange.requestId = newRequestId();
  const head = readHead(exchange.req);
  exchange.requestId = keptRequestId(head) ?? exchange.requestId;
  return head;
}

function withBody(match: Match, head: Head, body: Buffer): Match {
  return match.withBody?.(bodyTypeOf(head), body) ?? match;
}

/** Ends a request that is not for one gateway alone. */
async function settle(
  parts: Parts,
  exchange: Exchange,
  ruling: Ruling,
  head: Head,
  outcome: Exclude<HeadOutcome, { kind: 'match' | 'needs-body' }>,
  body: Body,
): Promise<void> {
  switch (outcome.kind) {
    case 'none':
      throw noRoute();
    case 'refused':
      throw new DoorError(outcome.code, outcome.detail);
    case 'unmatched':
      unclaimed(parts, head, outcome.attributes);
      if (outcome.reply === undefined) throw noRoute();
      return exchange.answer(reply(outcome.reply, exchange.requestId), false);
    case 'handshake':
      return exchange.answer(reply(outcome.reply, exchange.requestId), false);
    case 'mixed-batch':
      tell(parts, exchange, head, outcome);
      throw mixedBatch();
    case 'fan-out': {
      const bytes = body === 'streamed' ? await whole(parts, exchange, head) : body;
      await admitBatch(parts, exchange, ruling, head, outcome, bytes);
      return fanOut(parts, exchange, head, outcome, bytes, ruledBy(ruling, head, outcome, bytes));
    }
  }
}

function tell(parts: Parts, { requestId }: Exchange, head: Head, { attributes, lacking }: MixedBatch): void {
  parts.report({
    type: 'door.mixed-batch',
    requestId,
    path: head.path.slice(0, PATH_LENGTH),
    lacking,
    attributes: attributes.slice(0, NAMED),
    more: Math.max(0, attributes.length - NAMED),
  });
}

/** Ends a request that got no answer from a gateway with one of the door's own. */
function refuse(parts: Parts, exchange: Exchange, error: unknown, profile: string | null): void {
  if (error instanceof ClientLeft) return;
  const known = asDoorError(error);
  parts.refused(known, exchange, profile);
  exchange.answer(problem(known, exchange.requestId), known.code === 'GWPROXY_REQUEST_INVALID');
}
