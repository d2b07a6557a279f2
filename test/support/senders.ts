import { createHmac } from 'node:crypto';

/** A POST as a sender makes it; the body is sent as it stands. */
export interface Sending {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Sends it to a public port and reads the answer to its end. */
export async function post(url: string, { path, headers, body }: Sending): Promise<Answer> {
  const response = await fetch(url + path, {
    method: 'POST',
    headers,
    body,
    signal: AbortSignal.timeout(30_000),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** A Slack event, signed: an app's mention in that workspace. */
export function slackEvent(slack: {
  readonly secret: string;
  readonly team: string;
  readonly app: string;
  readonly text: string;
}): Sending {
  const body = {
    type: 'event_callback',
    team_id: slack.team,
    api_app_id: slack.app,
    event_id: 'Ev0AAAAAAA1',
    event_time: 1_700_000_000,
    authorizations: [{ enterprise_id: null, team_id: slack.team, user_id: 'U0AAAAAAA1', is_bot: true }],
    event: {
      type: 'app_mention',
      user: 'U0AAAAAAA9',
      text: slack.text,
      channel: 'C0AAAAAAA1',
      ts: '1700000000.0001',
    },
  };
  return signed(slack.secret, 'application/json', JSON.stringify(body));
}

/** What Slack sends as a form, signed: a slash command, or an interaction in the field `payload`. */
export function slackForm(secret: string, fields: Readonly<Record<string, string>>): Sending {
  return signed(secret, 'application/x-www-form-urlencoded', new URLSearchParams(fields).toString());
}

/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
function signed(secret: string, contentType: string, body: string): Sending {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
  return {
    path: '/slack/events',
    body,
    headers: {
      'Content-Type': contentType,
      'X-Slack-Request-Timestamp': timestamp,
      'X-Slack-Signature': `v0=${signature}`,
    },
  };
}

/** A Teams message to that app. The service URL is one that Bot Framework bots trust. */
export function activity(message: {
  readonly app: string;
  readonly text: string;
  readonly conversation?: string;
}): Sending {
  return {
    path: '/api/messages',
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
    body: JSON.stringify({
      type: 'message',
      id: '1700000000000',
      channelId: 'msteams',
      deliveryMode: 'expectReplies',
      serviceUrl: 'https://smba.trafficmanager.net/emea/',
      from: { id: '29:invented-sender' },
      recipient: { id: `28:${message.app}` },
      conversation: { id: message.conversation ?? 'a:invented', conversationType: 'personal' },
      text: message.text,
    }),
  };
}
