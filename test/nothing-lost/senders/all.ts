import { setTimeout as pause } from 'node:timers/promises';
import type { Bot } from '../bot.ts';
import type { Delivery } from '../load.ts';
import { activityOf } from './bot-framework.ts';
import { type Delivered, deliver, type Post } from './deliver.ts';
import { BOT_FRAMEWORK, slackPatience } from './patience.ts';
import { eventOf } from './slack.ts';
import { type Authority, issuerOf } from './tokens.ts';

/** Sends one delivery as its sender does, to its end. */
export type Send = (delivery: Delivery, over: AbortSignal) => Promise<Delivered>;

export async function createSenders(options: {
  readonly url: string;
  readonly bots: readonly Bot[];
  readonly authority: Authority;
  readonly world: string;
  readonly durationMs: number;
}): Promise<Send> {
  const { url, bots, authority, world, durationMs } = options;
  const slack = slackPatience(durationMs);
  const posts = new Map<string, (delivery: Delivery) => Post>();
  for (const { name, sender } of bots) {
    if (sender.is === 'slack') {
      posts.set(name, (delivery) => ({
        url,
        patience: slack,
        sending: (repeat) => eventOf(delivery, sender, repeat),
      }));
      continue;
    }
    // As Microsoft's service does, one token for many activities.
    const bot = { app: sender.app, authorization: await authority.token(issuerOf(world), sender.app) };
    posts.set(name, (delivery) => ({
      url,
      patience: BOT_FRAMEWORK,
      sending: () => activityOf(delivery, bot),
    }));
  }
  return (delivery, over) => {
    const post = posts.get(delivery.bot);
    if (post === undefined) throw new Error(`nobody sends to ${delivery.bot}`);
    return deliver(delivery, post(delivery), over);
  };
}

/**
 * Sends all of it, each at its time and however long the others take. Resolves when the last one is done, rejects
 * where `over` is aborted.
 */
export async function sendAll(
  load: readonly Delivery[],
  send: Send,
  over: AbortSignal,
): Promise<readonly Delivered[]> {
  const since = performance.now();
  const sent: Promise<Delivered>[] = [];
  for (const delivery of load) {
    const early = delivery.at - (performance.now() - since);
    if (early > 0) await pause(early, undefined, { signal: over });
    sent.push(send(delivery, over));
  }
  return Promise.all(sent);
}
