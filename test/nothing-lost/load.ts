import { pick, seeded } from './random.ts';

/**
 * How a delivery is sent. message: an activity that wants no answer; replies: one whose answer is the reply
 * (`expectReplies`); invoke: one whose answer is a body; event: Slack's.
 */
export type Kind = 'message' | 'replies' | 'invoke' | 'event';

/** One webhook that a sender has to bring, however many requests it needs. */
export interface Delivery {
  /** Unlike any other of the run, by which its bot records it. */
  readonly id: string;
  readonly bot: string;
  readonly kind: Kind;
  /** The conversation or channel within the bot. */
  readonly room: number;
  /** ms after the load's start. */
  readonly at: number;
}

/** Whom a load is for: what is sent to it is `usual`, and a share of it `synchronous` where it has such. */
export interface Addressee {
  readonly name: string;
  readonly usual: 'message' | 'event';
  readonly synchronous: 'replies' | 'invoke' | null;
}

export interface LoadOptions {
  readonly seed: number;
  readonly durationMs: number;
  /** Deliveries a second, all bots together. */
  readonly rate: number;
  readonly bots: readonly [Addressee, ...Addressee[]];
}

const SYNCHRONOUS_SHARE = 0.15;
const ROOMS = 5;

/** All that is to be sent, evenly over the time, in its order. The same options give the same load. */
export function planLoad({ seed, durationMs, rate, bots }: LoadOptions): readonly Delivery[] {
  const random = seeded(seed);
  return Array.from({ length: Math.round((durationMs / 1000) * rate) }, (_, index) => {
    const bot = pick(bots, random);
    const isSynchronous = random() < SYNCHRONOUS_SHARE;
    return {
      id: `d${seed}-${index}`,
      bot: bot.name,
      kind: (isSynchronous ? bot.synchronous : null) ?? bot.usual,
      room: Math.floor(random() * ROOMS),
      at: (index * 1000) / rate,
    };
  });
}
