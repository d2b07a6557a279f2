import { groupBy } from '../../src/routing/table/group-by.ts';
import type { Delivery, Kind } from './load.ts';

// What a run comes to. Pure: all times are epoch ms of one machine.

/** status: it was answered, whole or not; error: the connection failed; gave up: the sender's patience ended. */
export type Outcome =
  | { readonly is: 'status'; readonly status: number }
  | { readonly is: 'error'; readonly code: string }
  | { readonly is: 'gave up' };

/** One request. */
export interface Attempt {
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
}

export interface Sent {
  readonly delivery: Delivery;
  /** In order; repeats after the first. */
  readonly attempts: readonly Attempt[];
}

/** A line of a bot's record, written before it answered. */
export interface Sighting {
  readonly bot: string;
  readonly id: string;
  readonly at: number;
}

/** A SIGKILL: of that bot's gateway, or (null) of what stands in front of all. */
export interface Kill {
  readonly at: number;
  readonly bot: string | null;
}

export interface Evidence {
  readonly sent: readonly Sent[];
  readonly sightings: readonly Sighting[];
  readonly kills: readonly Kill[];
  /** What was still in the spool at the end, by bot: how many. */
  readonly spooled: ReadonlyMap<string, number>;
}

export interface SeenTwice {
  readonly all: number;
  /** The sender itself sent it again, since its request was not answered 2xx. */
  readonly repeated: number;
  /** A SIGKILL fell between its first sighting and its last. */
  readonly killed: number;
  /** Neither: nothing of ours may do that. */
  readonly unexplained: readonly string[];
}

/** How many deliveries neither their bot nor the spool has, whatever their sender was told. */
export type Missed = Readonly<Record<'once' | 'repeated' | 'synchronous', number>>;

export interface Figures {
  readonly deliveries: number;
  readonly requests: number;
  /** Deliveries that some request of theirs was answered 2xx. */
  readonly acknowledged: number;
  /** Deliveries that their own bot has recorded. */
  readonly seen: number;
  readonly spooled: number;
  /** Acknowledged, and neither seen nor in the spool: the ids. */
  readonly lost: readonly string[];
  /** Recorded by a bot that they were not for: the ids. */
  readonly foreign: readonly string[];
  readonly seenTwice: SeenTwice;
  readonly missed: Missed;
  /** Requests by what came of them, most first: a status, an error's code, 'gave up'. */
  readonly outcomes: ReadonlyMap<string, number>;
}

/** A kill is noted just before the signal, and a gateway's last record may come just after. */
const SIGNAL_MS = 250;

export function count({ sent, sightings, kills, spooled }: Evidence): Figures {
  const bots = new Map(sent.map(({ delivery }) => [delivery.id, delivery.bot]));
  const own = groupBy(
    sightings.filter(({ id, bot }) => bots.get(id) === bot),
    ({ id }) => id,
  );
  const unseen = sent.filter(({ delivery }) => !own.has(delivery.id));
  const acknowledged = sent.filter(isAcknowledged);
  return {
    deliveries: sent.length,
    requests: sent.reduce((sum, { attempts }) => sum + attempts.length, 0),
    acknowledged: acknowledged.length,
    seen: own.size,
    spooled: [...spooled.values()].reduce((sum, held) => sum + held, 0),
    lost: lostOf(unseen, spooled),
    foreign: sightings.filter(({ id, bot }) => bots.get(id) !== bot).map(({ id }) => id),
    seenTwice: seenTwice(sent, own, kills),
    missed: {
      once: unseenOf(unseen, ['message'], spooled),
      repeated: unseenOf(unseen, ['event'], spooled),
      synchronous: unseenOf(unseen, ['replies', 'invoke'], new Map()),
    },
    outcomes: outcomesOf(sent),
  };
}

function isAcknowledged({ attempts }: Sent): boolean {
  return attempts.some(({ outcome }) => isSuccess(outcome));
}

function isSuccess(outcome: Outcome): boolean {
  return outcome.is === 'status' && outcome.status >= 200 && outcome.status < 300;
}

/** The spool tells no ids, so that of each bot's as many are forgiven as it holds for that bot. */
function lostOf(unseen: readonly Sent[], spooled: ReadonlyMap<string, number>): readonly string[] {
  const byBot = groupBy(unseen.filter(isAcknowledged), ({ delivery }) => delivery.bot);
  return [...byBot].flatMap(([bot, missing]) =>
    missing.slice(spooled.get(bot) ?? 0).map(({ delivery }) => delivery.id),
  );
}

function unseenOf(
  unseen: readonly Sent[],
  kinds: readonly Kind[],
  spooled: ReadonlyMap<string, number>,
): number {
  const byBot = groupBy(
    unseen.filter(({ delivery }) => kinds.includes(delivery.kind)),
    ({ delivery }) => delivery.bot,
  );
  return [...byBot].reduce(
    (sum, [bot, missing]) => sum + Math.max(0, missing.length - (spooled.get(bot) ?? 0)),
    0,
  );
}

function seenTwice(
  sent: readonly Sent[],
  own: ReadonlyMap<string, readonly Sighting[]>,
  kills: readonly Kill[],
): SeenTwice {
  const repeats = { all: 0, repeated: 0, killed: 0 };
  const unexplained: string[] = [];
  for (const { delivery, attempts } of sent) {
    const times = (own.get(delivery.id) ?? []).map(({ at }) => at);
    if (times.length < 2) continue;
    repeats.all += 1;
    const first = Math.min(...times) - SIGNAL_MS;
    const last = Math.max(...times) + SIGNAL_MS;
    const isKilled = kills.some(
      ({ bot, at }) => (bot === null || bot === delivery.bot) && at >= first && at <= last,
    );
    if (attempts.length >= times.length) repeats.repeated += 1;
    else if (isKilled) repeats.killed += 1;
    else unexplained.push(delivery.id);
  }
  return { ...repeats, unexplained };
}

function outcomesOf(sent: readonly Sent[]): ReadonlyMap<string, number> {
  const groups = groupBy(
    sent.flatMap(({ attempts }) => attempts),
    ({ outcome }) => nameOf(outcome),
  );
  return new Map(
    [...groups]
      .map(([name, attempts]): [string, number] => [name, attempts.length])
      .sort(([, a], [, b]) => b - a),
  );
}

function nameOf(outcome: Outcome): string {
  if (outcome.is === 'status') return String(outcome.status);
  return outcome.is === 'error' ? outcome.code : 'gave up';
}
