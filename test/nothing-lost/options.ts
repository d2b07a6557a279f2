import { z } from 'zod';

/** What of gwproxy takes part; each can be left out, to try the rest. */
const FEATURES = ['verify', 'spool', 'activation'] as const;

export type Features = Readonly<Record<(typeof FEATURES)[number], boolean>>;

export interface Options {
  /** Of the load; the repeats of its last deliveries come after it. */
  readonly durationMs: number;
  /** Deliveries a second. */
  readonly rate: number;
  readonly seed: number;
  readonly features: Features;
}

const without = z
  .string()
  .transform((text) => text.split(',').filter((name) => name !== ''))
  .pipe(z.array(z.enum(FEATURES)));

const Environment = z.object({
  NOTHING_LOST_SECONDS: z.coerce.number().min(5).default(120),
  NOTHING_LOST_RATE: z.coerce.number().positive().default(100),
  NOTHING_LOST_SEED: z.coerce.number().int().nonnegative().default(1),
  NOTHING_LOST_WITHOUT: without.default([]),
});

/** From the environment: NOTHING_LOST_SECONDS, _RATE, _SEED, and _WITHOUT (verify, spool, activation). */
export function readOptions(env: NodeJS.ProcessEnv): Options {
  const read = Environment.parse(env);
  const left = (name: (typeof FEATURES)[number]): boolean => !read.NOTHING_LOST_WITHOUT.includes(name);
  return {
    durationMs: read.NOTHING_LOST_SECONDS * 1000,
    rate: read.NOTHING_LOST_RATE,
    seed: read.NOTHING_LOST_SEED,
    features: { verify: left('verify'), spool: left('spool'), activation: left('activation') },
  };
}
