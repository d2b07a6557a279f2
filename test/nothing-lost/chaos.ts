import { pick, seeded, shuffled } from './random.ts';

/** What is done to the running whole; kill is SIGKILL, restart is in order, reload changes a gateway's config. */
export type Blow =
  | { readonly what: 'kill' | 'restart' | 'reload'; readonly bot: string }
  | { readonly what: 'kill-door' | 'restart-door' };

export interface PlannedBlow {
  /** ms after the load's start; later where the one before is not over by then. */
  readonly at: number;
  readonly blow: Blow;
}

export interface ChaosOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly bots: readonly [string, ...string[]];
}

/** One round: each of these happens once before any happens again. */
const ROUND = [
  'kill',
  'kill',
  'kill',
  'kill',
  'restart',
  'restart',
  'reload',
  'reload',
  'kill-door',
  'restart-door',
] as const;
const MOST_BETWEEN_MS = 5000;

/** A round of blows where the time is short, else one each five seconds. The same options give the same plan. */
export function planChaos({ seed, durationMs, bots }: ChaosOptions): readonly PlannedBlow[] {
  const random = seeded(seed);
  const between = Math.min(MOST_BETWEEN_MS, durationMs / (ROUND.length + 1));
  const count = Math.floor(durationMs / between) - 1;
  const rounds = Array.from({ length: Math.ceil(count / ROUND.length) }, () => shuffled(ROUND, random));
  return rounds
    .flat()
    .slice(0, count)
    .map((what, index) => ({
      at: (index + 1) * between,
      blow: what === 'kill-door' || what === 'restart-door' ? { what } : { what, bot: pick(bots, random) },
    }));
}
