import { setMaxListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { dealBlows } from './blows.ts';
import { prepareFleet } from './bots.ts';
import { planChaos } from './chaos.ts';
import type { Front, Spooled, StartFront } from './fronts/front.ts';
import { count, type Figures } from './ledger.ts';
import { nothingLeft } from './leftovers.ts';
import { planLoad } from './load.ts';
import type { Options } from './options.ts';
import { readRecords } from './records.ts';
import { scoped } from './scope.ts';
import { createSenders, sendAll } from './senders/all.ts';
import type { Delivered } from './senders/deliver.ts';
import { type Authority, createAuthority } from './senders/tokens.ts';
import { startWorld } from './world.ts';

/** What one run showed. */
export interface Trial {
  readonly figures: Figures;
  /** How often each blow was dealt, and how many were not. */
  readonly blows: ReadonlyMap<string, number>;
  /** Synchronous requests that were answered 2xx with anything but their own answer: the ids. */
  readonly wrongAnswers: readonly string[];
  /** Deliveries that the spool gave up. */
  readonly dead: number;
  /** From the load's last delivery until the spool was empty. */
  readonly drainedAfterMs: number;
  /** What the front itself counted. */
  readonly counted: ReadonlyMap<string, number>;
}

/** Makes the front, once it is known who signs and where the keys are. */
export type ChooseFront = (outside: { readonly authority: Authority; readonly world: string }) => StartFront;

const DRAIN_MS = 180_000;
const DRAIN_LOOK_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * The load and the blows that the options plan, on real gateways behind that front. Whatever happens, nothing is left
 * behind: no process (or it is an error), no file, no port.
 */
export function runTrial(options: Options, choose: ChooseFront): Promise<Trial> {
  return scoped(async (scope) => {
    const folder = await mkdtemp(join(tmpdir(), 'gwproxy-nothing-lost-'));
    scope.after(() => rm(folder, { recursive: true, force: true }));
    const tag = basename(folder);
    scope.after(() => nothingLeft(tag));
    const authority = await createAuthority();
    const world = await startWorld(scope, authority, folder);
    const bots = await prepareFleet({ folder, world });

    const observed = await scoped(async (running) => {
      const start = choose({ authority, world });
      const front = await start(running, { bots, folder, tag });
      return disturb(options, front, { bots, authority, world });
    });

    // Now that every gateway has ended, its record is complete.
    const { sent, dealt, spooled } = observed;
    const sightings = await readRecords(bots);
    const { waiting, dead } = spooled;
    return {
      figures: count({ sent, sightings, kills: dealt.kills, spooled: added(waiting, dead) }),
      blows: new Map([...dealt.dealt, ['not dealt', dealt.missed]]),
      wrongAnswers: wrongAnswers(sent),
      dead: sum(dead),
      drainedAfterMs: observed.drainedAfterMs,
      counted: observed.counted,
    };
  });
}

async function disturb(
  { seed, durationMs, rate }: Options,
  front: Front,
  outside: {
    readonly bots: Awaited<ReturnType<typeof prepareFleet>>;
    readonly authority: Authority;
    readonly world: string;
  },
) {
  const { bots } = outside;
  const send = await createSenders({ ...outside, url: front.url, durationMs });
  const [first, ...others] = bots;
  const names: readonly [string, ...string[]] = [first.name, ...others.map(({ name }) => name)];
  const load = planLoad({ seed, durationMs, rate, bots });
  const [sent, dealt] = await together((over) => [
    sendAll(load, send, over),
    dealBlows(planChaos({ seed, durationMs, bots: names }), front, durationMs, over),
  ]);
  const since = performance.now();
  const spooled = await drained(front);
  const drainedAfterMs = performance.now() - since;
  return { sent, dealt, spooled, drainedAfterMs, counted: new Map(front.counted()) };
}

/** Both; where one fails, or someone ends the run with a signal, the other is over too. */
async function together<A, B>(
  begin: (over: AbortSignal) => readonly [Promise<A>, Promise<B>],
): Promise<[A, B]> {
  const over = new AbortController();
  setMaxListeners(0, over.signal);
  const interrupt = (signal: string): void => over.abort(new Error(`interrupted by ${signal}`));
  for (const signal of SIGNALS) process.on(signal, interrupt);
  try {
    return await Promise.all(begin(over.signal));
  } finally {
    over.abort();
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
}

/** What the spool holds once it delivers no more by itself, or after too long. */
async function drained(front: Front): Promise<Spooled> {
  for (const since = performance.now(); ; await pause(DRAIN_LOOK_MS)) {
    const spooled = await front.spooled();
    if (sum(spooled.waiting) === 0 || performance.now() - since > DRAIN_MS) return spooled;
  }
}

/** The answer to `replies` holds the reply, and that to `invoke` the body: each names its delivery. */
function wrongAnswers(sent: readonly Delivered[]): readonly string[] {
  return sent
    .filter(({ delivery }) => delivery.kind === 'replies' || delivery.kind === 'invoke')
    .filter(({ attempts }) =>
      attempts.some(({ outcome }) => outcome.is === 'status' && outcome.status === 200),
    )
    .filter(({ delivery, text }) => !text.includes(delivery.id))
    .map(({ delivery }) => delivery.id);
}

function sum(held: ReadonlyMap<string, number>): number {
  return [...held.values()].reduce((total, one) => total + one, 0);
}

function added(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const names = new Set([...a.keys(), ...b.keys()]);
  return new Map([...names].map((name) => [name, (a.get(name) ?? 0) + (b.get(name) ?? 0)]));
}
