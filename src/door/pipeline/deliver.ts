import { DoorError } from '../../errors.ts';
import { pickByPath } from '../../routing/target-path.ts';
import type { Address } from '../../snapshot.ts';
import { errorCode } from '../../util/errno.ts';
import type { DoorContext } from '../context.ts';
import { holdUntil } from '../hold/deadline.ts';
import type { RoundSlot } from '../hold/round.ts';
import { type Client, ClientDisconnected } from '../http/client.ts';
import type { MatchedDelivery } from '../match/prepare.ts';
import type { RuleSet } from '../match/rule-set.ts';
import type { Spoolable } from '../spooling/spool-delivery.ts';
import type { ProfileCounters } from '../upstream/counters.ts';
import { isStaleConnection, unreachableError } from '../upstream/failure.ts';
import type { ForwardOutcome } from '../upstream/forward.ts';
import type { Upstream } from '../upstream/upstreams.ts';

/** Most attempts, and ms before the second, if connections fail although the snapshot says ready. */
const MAX_TRIES = 5;
const FIRST_PAUSE = 50;

/** One profile alone may have eight ninths of limits.connections under way, so that a gateway which hangs leaves some. */
const UNDER_WAY_WEIGHT = 8;

/**
 * Delivers a request to its profile's listener: at once if that is ready, after a hold if it will be, and again if a
 * connection failed before a byte was sent. With `spoolable` the request is spooled instead of held, and also if others
 * of its profile are spooled, so that it queues behind them. If routes or rules have changed since it was matched, it
 * goes on only if the new ones give it to the same profile. Rejects with GWPROXY_OVERLOADED if too many of its profile are
 * under way, and as Hold.wait, `send` and `spoolable.spool` do.
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
  checkShare(context, counters);
  let counted = false;
  let tries = 0;
  let slot: RoundSlot | null = null;
  let { ruleSet } = delivery.basis;
  for (;;) {
    // Again if the rules change meanwhile.
    for (let now = context.ruleSet(); now !== ruleSet; now = context.ruleSet()) {
      ruleSet = await recheckRuleSet(client, delivery, now, slot);
    }
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
      slot?.end(false);
      await spoolable.spool();
      return 'spooled';
    }
    if (target.state !== 'ready' || (slot === null && context.hold.isQueued(target))) {
      slot?.end(false);
      const until = holdUntil(delivery.arrivedAt, delivery.deadline(), counters.latency.p95());
      slot = await context.hold.wait(client, delivery, target, until);
      continue;
    }
    if (target.address === null) throw unreachableError(new Error('a ready target has no address'));
    const sent = send(upstream, target.address);
    const outcome = slot === null ? await sent : await sendInSlot(slot, sent);
    slot = null;
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
    if (tries === MAX_TRIES || context.now() + pause >= until) throw unreachableError(outcome.cause);
    await context.hold.pause(client, delivery, pause);
  }
}

/** Throws GWPROXY_OVERLOADED if the profile has more than its share of limits.connections under way. */
function checkShare({ limits, leases, hold }: DoorContext, { inFlight, held }: ProfileCounters): void {
  const own = inFlight + held.used;
  const free = limits.connections - leases.inFlight - hold.size;
  if (own === 0 || own < UNDER_WAY_WEIGHT * free) return;
  throw new DoorError('GWPROXY_OVERLOADED', 'too many requests for this gateway are under way', {
    retryAfter: 1,
  });
}

/**
 * Returns the new rules if they still give the delivery to its profile, else throws GWPROXY_UPSTREAM_NOT_READY: after
 * a reload the profile's name may belong to another bot.
 */
async function recheckRuleSet(
  client: Client,
  { basis }: MatchedDelivery,
  now: RuleSet | null,
  slot: RoundSlot | null,
): Promise<RuleSet> {
  let stillHolds = false;
  try {
    stillHolds = now !== null && (await basis.stillHolds(now));
  } finally {
    if (!stillHolds || client.isDisconnected) slot?.end(false);
  }
  if (client.isDisconnected) throw new ClientDisconnected();
  if (now !== null && stillHolds) return now;
  throw new DoorError(
    'GWPROXY_UPSTREAM_NOT_READY',
    'the config changed the route of this request while it waited',
    {
      retryAfter: 1,
    },
  );
}

/** Frees the slot of a held request once its outcome is known. */
async function sendInSlot(slot: RoundSlot, sent: Promise<ForwardOutcome>): Promise<ForwardOutcome> {
  let answered = false;
  try {
    const outcome = await sent;
    answered = outcome.kind === 'answered';
    return outcome;
  } finally {
    slot.end(answered);
  }
}
