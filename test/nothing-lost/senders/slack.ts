import { createHmac } from 'node:crypto';
import type { Sending } from '../../support/senders.ts';
import type { Delivery } from '../load.ts';

export const TEAM = 'T0AAAAAAA1';

/** Of a repeat: which it is, from 1, and what was wrong with the request before. */
export interface Repeat {
  readonly number: number;
  readonly reason: string;
}

/**
 * An event, signed anew for each request: the body stays, the timestamp is of now.
 * https://docs.slack.dev/apis/events-api (retries), https://docs.slack.dev/authentication/verifying-requests-from-slack
 */
export function eventOf(
  { id, room }: Delivery,
  bot: { readonly app: string; readonly secret: string },
  repeat: Repeat | null,
): Sending {
  const body = JSON.stringify({
    type: 'event_callback',
    team_id: TEAM,
    api_app_id: bot.app,
    event_id: id,
    event_time: 1_700_000_000,
    authorizations: [{ enterprise_id: null, team_id: TEAM, user_id: 'U0AAAAAAA1', is_bot: true }],
    event: {
      type: 'app_mention',
      user: 'U0AAAAAAA9',
      text: `hello ${id}`,
      channel: `C0AAAAAAA${room}`,
      ts: '1700000000.0001',
    },
  });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', bot.secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return {
    path: '/slack/events',
    body,
    headers: {
      'Content-Type': 'application/json',
      'X-Slack-Request-Timestamp': timestamp,
      'X-Slack-Signature': `v0=${signature}`,
      ...(repeat !== null && {
        'X-Slack-Retry-Num': String(repeat.number),
        'X-Slack-Retry-Reason': repeat.reason,
      }),
    },
  };
}
