import { setTimeout as pause } from 'node:timers/promises';
import type { Sending } from '../../support/senders.ts';
import type { Attempt, Outcome, Sent } from '../ledger.ts';
import type { Delivery } from '../load.ts';
import { type Answer, attempt } from './attempt.ts';
import type { Patience } from './patience.ts';
import type { Repeat } from './slack.ts';

export interface Post {
  readonly url: string;
  readonly patience: Patience;
  /** The request, as it is sent now; null: for the first time. */
  sending(repeat: Repeat | null): Sending;
}

export interface Delivered extends Sent {
  /** The last answer's body. */
  readonly text: string;
}

/** Sends until it is answered 2xx, until the bot forbids repeats (`X-Slack-No-Retry: 1`), or until patience ends; rejects where `over` is aborted. */
export async function deliver(
  delivery: Delivery,
  { url, patience, sending }: Post,
  over: AbortSignal,
): Promise<Delivered> {
  const attempts: Attempt[] = [];
  let repeat: Repeat | null = null;
  for (;;) {
    const startedAt = Date.now();
    const answer = await attempt(url, sending(repeat), patience.perRequest, over);
    attempts.push({ startedAt, endedAt: Date.now(), outcome: answer.outcome });
    const wait = patience.repeats[attempts.length - 1];
    if (wait === undefined || isOver(answer)) return { delivery, attempts, text: answer.text };
    await pause(wait, undefined, { signal: over });
    repeat = { number: attempts.length, reason: reasonOf(answer.outcome) };
  }
}

function isOver({ outcome, headers }: Answer): boolean {
  if (outcome.is !== 'status') return false;
  return (outcome.status >= 200 && outcome.status < 300) || headers['x-slack-no-retry'] === '1';
}

/** In Slack's words. */
function reasonOf(outcome: Outcome): string {
  if (outcome.is === 'status') return 'http_error';
  return outcome.is === 'error' ? 'connection_failed' : 'http_timeout';
}
