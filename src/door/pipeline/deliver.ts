import { DoorError } from '../../errors.ts';
import { pickByPath } from '../../routing/target-path.ts';
import type { Address } from '../../snapshot.ts';
import { errorCode } from '../../util/errno.ts';
import type { DoorContext } from '../context.ts';
import { holdUntil } from '../hold/deadline.ts';
import type { Turn } from '../hold/round.ts';
import type { Client } from '../http/client.ts';
import type { MatchedDelivery } from '../match/prepare.ts';
import type { RuleSet } from '../match/rule-set.ts';
import type { Spoolable } from '../spooling/spool-delivery.ts';
import { isStaleConnection, unreachable } from '../upstream/failure.ts';
import type { ForwardOutcome } from '../upstream/forward.ts';
import type { Upstream } from '../upstream/upstreams.ts';

/** Tries, and ms before the second one, for connections that fail while the snapshot still says ready. */
const MAX_TRIES = 5;
const FIRST_PAUSE = 50;

/**
 * Delivers a request to its profile's listener: at once if that is ready, after a hold if it will be, and again if a
 * connection failed before a byte was sent. With `spoolable` the request is spooled instead of held, and also if others
 * of its profile are spooled, so that it queues behind them. If routes or rules have changed since it was matched, it
 * goes on only if the new ones give it to the same profile. Rejects as Hold.wait, `send` and `spoolable.spool` do.
 */
export async function deliver(
  context: DoorContext,
  client: Client,
  delivery: MatchedDelivery,
  send: (upstream: Upstream, address: Address) => Promise<ForwardOutcome>,
  spoolable: Spoolable | null = null,
): Promise<'answered' | 'spooled'> {
  const { profile } = delivery;
  const counters = context.counters.of(profile);
  let counted = false;
  let tries = 0;
  let turn: Turn | null = null;
  let { ruleSet } = delivery.basis;
  for (;;) {
    const now = context.ruleSet();
    if (now !== ruleSet) ruleSet = recheckRuleSet(delivery, now, turn);
    const upstream = pickByPath(context.upstreams.of(profile), delivery.path);
    if (upstream === undefined) {
      throw new DoorError('GWPROXY_NO_ROUTE', 'no listener is public at this path');
    }
    if (!counted) counters.requests += 1;
    counted = true;
    const { target } = upstream;
    if (
      spoolable !== null &&
      (target.state !== 'ready' || context.spool?.hasSpooled(profile) === true) &&
      spoolable.outlives(target)
    ) {
      turn?.end(false);
      await spoolable.spool();
      return 'spooled';
    }
    if (target.state !== 'ready' || (turn === null && context.hold.isQueued(target))) {
      turn?.end(false);
      const until = holdUntil(delivery.arrivedAt, delivery.deadline(), counters.latency.p95());
      turn = await context.hold.wait(client, delivery, target, until);
      continue;
    }
    if (target.address === null) throw unreachable(new Error('a ready target has no address'));
    const sent = send(upstream, target.address);
    const outcome = turn === null ? await sent : await sendInTurn(turn, sent);
    turn = null;
    if (outcome.kind === 'answered') return 'answered';
    tries += 1;
    if (isStaleConnection(outcome.cause) && tries < MAX_TRIES) continue;
    const { generation, listener } = target;
    context.supervisor.failed({ profile, generation, listener, code: errorCode(outcome.cause) ?? 'UNKNOWN' });
    if (spoolable?.outlives(target) === true) {
      await spoolable.spool();
      return 'spooled';
    }
    const pause = FIRST_PAUSE * 2 ** (tries - 1);
    const until = holdUntil(delivery.arrivedAt, delivery.deadline(), counters.latency.p95());
    if (tries === MAX_TRIES || context.now() + pause >= until) throw unreachable(outcome.cause);
    await context.hold.pause(client, delivery, pause);
  }
}

/** The new rules, if the delivery is still the profile's by them: another bot may have the profile's name by now. */
function recheckRuleSet({ basis }: MatchedDelivery, now: RuleSet | null, turn: Turn | null): RuleSet {
  let stillHolds = false;
  try {
    stillHolds = now !== null && basis.stillHolds(now);
  } finally {
    if (!stillHolds) turn?.end(false);
  }
  if (now !== null && stillHolds) return now;
  throw new DoorError(
    'GWPROXY_UPSTREAM_NOT_READY',
    'the config changed the route of this request while it waited',
    {
      retryAfter: 1,
    },
  );
}

/** Ends the turn of a held request when its outcome is known. */
async function sendInTurn(turn: Turn, sent: Promise<ForwardOutcome>): Promise<ForwardOutcome> {
  let answered = false;
  try {
    const outcome = await sent;
    answered = outcome.kind === 'answered';
    return outcome;
  } finally {
    turn.end(answered);
  }
}
