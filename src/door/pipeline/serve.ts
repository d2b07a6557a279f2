import { DoorError } from '../../errors.ts';
import { PATH_LENGTH } from '../../events.ts';
import { bodyTypeOf } from '../../routing/body/inspect.ts';
import { type HeadOutcome, type Match, type MixedBatch, matchHead } from '../../routing/match.ts';
import type { DoorContext } from '../context.ts';
import { problem, reply } from '../http/answer.ts';
import { ClientLeft } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import { keptRequestId } from '../http/peer.ts';
import { asDoorError, mixedBatch, noRoute, notReadyYet } from '../http/refusals.ts';
import { newRequestId } from '../http/request-id.ts';
import { decideByBody, type Ruling, ruledBy } from '../match/ruling.ts';
import { recordUnmatched } from '../match/unmatched.ts';
import type { Head } from '../request/head.ts';
import { type Body, readWholeBody } from '../request/read-body.ts';
import { readHead } from '../request/read-head.ts';
import { admit, admitBatch } from './admit.ts';
import { deliverOnce } from './deliver-once.ts';
import { fanOut } from './fan-out.ts';

/** What an event names of a batch's deliveries: enough to find them by. */
const NAMED = 20;

/**
 * One request's whole way: its head is read, its route found (by the head, or by a body that is then read whole),
 * it is verified where its profile says how, and brought to its gateway, whose answer streams back. Never rejects:
 * what goes wrong is answered.
 */
export async function serve(context: DoorContext, exchange: Exchange): Promise<void> {
  let profile: string | null = null;
  try {
    const head = identify(exchange);
    const ruling = context.ruling();
    if (ruling === null) throw notReadyYet();
    let outcome = matchHead(ruling.table, head);
    let body: Body = 'streamed';
    if (outcome.kind === 'needs-body') {
      body = await readWholeBody(context, exchange, head);
      outcome = decideByBody(outcome, head, body);
    }
    if (outcome.kind === 'match') {
      profile = outcome.profile;
      const admission = admit(context, exchange, ruling, head, outcome, body);
      const admitted = admission instanceof Promise ? await admission : admission;
      const { body: read } = admitted;
      // Its proof covered a body that no route needed: what may be kept, and in which order, is in there.
      const known = body === 'streamed' && read !== 'streamed' ? withBody(outcome, head, read) : outcome;
      await deliverOnce(context, exchange, head, known, admitted, ruledBy(ruling, head, known, read));
    } else {
      await settle(context, exchange, ruling, head, outcome, body);
    }
  } catch (error) {
    refuse(context, exchange, error, profile);
  } finally {
    context.budget.give(exchange.buffered);
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
  context: DoorContext,
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
      recordUnmatched(context, head, outcome.attributes);
      if (outcome.reply === undefined) throw noRoute();
      return exchange.answer(reply(outcome.reply, exchange.requestId), false);
    case 'handshake':
      return exchange.answer(reply(outcome.reply, exchange.requestId), false);
    case 'mixed-batch':
      tell(context, exchange, head, outcome);
      throw mixedBatch();
    case 'fan-out': {
      const bytes = body === 'streamed' ? await readWholeBody(context, exchange, head) : body;
      await admitBatch(context, exchange, ruling, head, outcome, bytes);
      return fanOut(context, exchange, head, outcome, bytes, ruledBy(ruling, head, outcome, bytes));
    }
  }
}

function tell(
  context: DoorContext,
  { requestId }: Exchange,
  head: Head,
  { attributes, lacking }: MixedBatch,
): void {
  context.report({
    type: 'door.mixed-batch',
    requestId,
    path: head.path.slice(0, PATH_LENGTH),
    lacking,
    attributes: attributes.slice(0, NAMED),
    more: Math.max(0, attributes.length - NAMED),
  });
}

/** Ends a request that got no answer from a gateway with one of the door's own. */
function refuse(context: DoorContext, exchange: Exchange, error: unknown, profile: string | null): void {
  if (error instanceof ClientLeft) return;
  const known = asDoorError(error);
  context.refused(known, exchange, profile);
  exchange.answer(problem(known, exchange.requestId), known.code === 'GWPROXY_REQUEST_INVALID');
}
