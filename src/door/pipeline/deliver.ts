import { DoorError } from '../../errors.ts';
import { pickByPath } from '../../routing/target-path.ts';
import type { Address } from '../../snapshot.ts';
import { errorCode } from '../../util/errno.ts';
import type { DoorContext } from '../context.ts';
import { holdUntil } from '../hold/deadline.ts';
import type { Turn } from '../hold/round.ts';
import type { Client } from '../http/client.ts';
import type { RuledDelivery } from '../match/prepare.ts';
import type { Ruling } from '../match/ruling.ts';
import type { Keep } from '../spooling/spool-delivery.ts';
import { isStaleConnection, unreachable } from '../upstream/failure.ts';
import type { ForwardOutcome } from '../upstream/forward.ts';
import type { Upstream } from '../upstream/upstreams.ts';

/** Connections that fail while the snapshot still says ready: how often one is tried, and the first pause. */
const TRIES = 5;
const PAUSE = 50;

/**
 * Brings a request to its profile's listener: at once where that is ready, after a hold where it will be, and
 * again where a connection failed before a byte was sent. With `keep` it is kept instead of a wait, and where
 * others of its profile are kept already: it queues behind them. Where routes or rules have changed since it was
 * matched, it goes on only if it is the profile's by the new ones too. Rejects as Hold.wait, `send` and `keep` do.
 */
export async function deliver(
  context: DoorContext,
  client: Client,
  delivery: RuledDelivery,
  send: (upstream: Upstream, address: Address) => Promise<ForwardOutcome>,
  keep: Keep | null = null,
): Promise<'answered' | 'kept'> {
  const { profile } = delivery;
  const counters = context.counters.of(profile);
  let counted = false;
  let tries = 0;
  let turn: Turn | null = null;
  let { ruling } = delivery.ruled;
  for (;;) {
    const now = context.ruling();
    if (now !== ruling) ruling = ruledAnew(delivery, now, turn);
    const upstream = pickByPath(context.upstreams.of(profile), delivery.path);
    if (upstream === undefined) {
      throw new DoorError('GWPROXY_NO_ROUTE', 'no listener is public at this path');
    }
    if (!counted) counters.requests += 1;
    counted = true;
    const { target } = upstream;
    if (
      keep !== null &&
      (target.state !== 'ready' || context.spool?.holds(profile) === true) &&
      keep.outlives(target)
    ) {
      turn?.end(false);
      await keep.take();
      return 'kept';
    }
    if (target.state !== 'ready' || (turn === null && context.hold.isQueued(target))) {
      turn?.end(false);
      const until = holdUntil(delivery.arrivedAt, delivery.deadline(), counters.latency.p95());
      turn = await context.hold.wait(client, delivery, target, until);
      continue;
    }
    if (target.address === null) throw unreachable(new Error('a ready target has no address'));
    const sent = send(upstream, target.address);
    const outcome = turn === null ? await sent : await inTurn(turn, sent);
    turn = null;
    if (outcome.kind === 'answered') return 'answered';
    tries += 1;
    if (isStaleConnection(outcome.cause) && tries < TRIES) continue;
    const { generation, listener } = target;
    context.supervisor.failed({ profile, generation, listener, code: errorCode(outcome.cause) ?? 'UNKNOWN' });
    if (keep?.outlives(target) === true) {
      await keep.take();
      return 'kept';
    }
    const pause = PAUSE * 2 ** (tries - 1);
    const until = holdUntil(delivery.arrivedAt, delivery.deadline(), counters.latency.p95());
    if (tries === TRIES || context.now() + pause >= until) throw unreachable(outcome.cause);
    await context.hold.pause(client, delivery, pause);
  }
}

/** The ruling that the delivery goes on by. A profile's name alone says nothing: it may be another bot's by now. */
function ruledAnew({ ruled }: RuledDelivery, now: Ruling | null, turn: Turn | null): Ruling {
  let stands = false;
  try {
    stands = now !== null && ruled.stands(now);
  } finally {
    if (!stands) turn?.end(false);
  }
  if (now !== null && stands) return now;
  throw new DoorError('GWPROXY_UPSTREAM_NOT_READY', 'the config has changed whose this request is', {
    retryAfter: 1,
  });
}

/** Who waited has its turn until there is an outcome. */
async function inTurn(turn: Turn, sent: Promise<ForwardOutcome>): Promise<ForwardOutcome> {
  let answered = false;
  try {
    const outcome = await sent;
    answered = outcome.kind === 'answered';
    return outcome;
  } finally {
    turn.end(answered);
  }
}
