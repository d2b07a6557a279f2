import { DoorError } from '../../errors.ts';
import { type HeadOutcome, type Match, type MixedBatch, matchBody, matchHead } from '../../routing/match.ts';
import { platformsNamed } from '../../routing/sender.ts';
import type { DoorContext } from '../context.ts';
import { problem, reply } from '../http/answer.ts';
import { ClientDisconnected } from '../http/client.ts';
import type { Exchange } from '../http/exchange.ts';
import { asDoorError, mixedBatch, noRoute, notReadyYet } from '../http/refusals.ts';
import { newRequestId, senderRequestId } from '../http/request-id.ts';
import { inspectBody } from '../match/inspect-body.ts';
import { matchBasis, type RuleSet } from '../match/rule-set.ts';
import { recordUnmatched } from '../match/unmatched.ts';
import type { Head } from '../request/head.ts';
import { type Body, readWholeBody } from '../request/read-body.ts';
import { readHead } from '../request/read-head.ts';
import { admit, admitBatch } from './admit.ts';
import { deliverOnce } from './deliver-once.ts';
import { fanOut } from './fan-out.ts';

/** Most deliveries of a mixed batch that its event lists. */
const MAX_REPORTED = 20;

/**
 * Serves one request: reads its head, finds its route (by the head, or by the body, which is then read whole), verifies
 * it if its profile has a rule, and delivers it to its gateway, whose answer streams back. Never rejects: errors are
 * answered.
 */
export async function serve(context: DoorContext, exchange: Exchange): Promise<void> {
  let profile: string | null = null;
  try {
    const head = readHeadAndId(exchange);
    const ruleSet = context.ruleSet();
    if (ruleSet === null) throw notReadyYet();
    let outcome = matchHead(ruleSet.table, head);
    let body: Body = 'streamed';
    if (outcome.kind === 'needs-body') {
      body = await readWholeBody(context, exchange, head, outcome.senders, false);
      const inspection = await inspectBody(context.loop, exchange, head, body, outcome.reads);
      outcome = matchBody(outcome.scope, head, inspection);
    }
    if (outcome.kind === 'match') {
      profile = outcome.profile;
      exchange.memory?.keepFor([profile]);
      const admission = admit(context, exchange, ruleSet, head, outcome, body);
      const admitted = admission instanceof Promise ? await admission : admission;
      if ('reply' in admitted) {
        exchange.answer(reply(admitted.reply, exchange.requestId), false);
        return;
      }
      const { body: read } = admitted;
      // The verifier read a body that no route needed. The body decides whether and in which order the request is
      // spooled.
      const known =
        body === 'streamed' && read !== 'streamed'
          ? await withBody(context, exchange, outcome, head, read)
          : outcome;
      await deliverOnce(
        context,
        exchange,
        head,
        known,
        admitted,
        matchBasis(context.loop, ruleSet, head, known, read),
      );
    } else {
      await answerOther(context, exchange, ruleSet, head, outcome, body);
    }
  } catch (error) {
    refuse(context, exchange, error, profile);
  } finally {
    exchange.memory?.release();
  }
}

function readHeadAndId(exchange: Exchange): Head {
  exchange.requestId = newRequestId();
  const head = readHead(exchange.req);
  exchange.requestId = senderRequestId(head) ?? exchange.requestId;
  return head;
}

async function withBody(
  { loop }: DoorContext,
  exchange: Exchange,
  match: Match,
  head: Head,
  body: Buffer,
): Promise<Match> {
  if (match.withBody === null) return match;
  return match.withBody.match(await inspectBody(loop, exchange, head, body, match.withBody.reads));
}

/** Answers a request that is not for exactly one gateway. */
async function answerOther(
  context: DoorContext,
  exchange: Exchange,
  ruleSet: RuleSet,
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
      reportMixedBatch(context, exchange, head, outcome);
      throw mixedBatch();
    case 'fan-out': {
      const bytes =
        body === 'streamed'
          ? await readWholeBody(context, exchange, head, platformsNamed(outcome.platform), true)
          : body;
      await admitBatch(context, exchange, ruleSet, head, outcome, bytes);
      return fanOut(
        context,
        exchange,
        head,
        outcome,
        bytes,
        matchBasis(context.loop, ruleSet, head, outcome, bytes),
      );
    }
  }
}

function reportMixedBatch(
  context: DoorContext,
  { requestId }: Exchange,
  head: Head,
  { attributes, lacking }: MixedBatch,
): void {
  context.report({
    type: 'door.mixed-batch',
    requestId,
    path: context.shownPath(head.path),
    lacking,
    attributes: attributes.slice(0, MAX_REPORTED),
    more: Math.max(0, attributes.length - MAX_REPORTED),
  });
}

/** Answers a request that failed, and reports it. */
function refuse(context: DoorContext, exchange: Exchange, error: unknown, profile: string | null): void {
  if (error instanceof ClientDisconnected) return;
  const known = asDoorError(error);
  context.reportRefusal(known, exchange, profile);
  exchange.answer(problem(known, exchange.requestId), mustClose(known, exchange));
}

/** Whether the next request could be misread, or the rest of the body may never arrive. */
function mustClose({ code }: DoorError, { req }: Exchange): boolean {
  if (code === 'GWPROXY_REQUEST_INVALID') return true;
  return !req.complete && (code === 'GWPROXY_REQUEST_TIMEOUT' || code === 'GWPROXY_OVERLOADED');
}
