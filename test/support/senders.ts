import { createHmac, type KeyObject, sign } from 'node:crypto';
import { request } from 'undici';

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

/** Sends it to a public port, under the Host among its headers, and reads the answer to its end. */
export async function post(url: string, { path, headers, body }: Sending): Promise<Answer> {
  // Not fetch: it has no say in Host, which some senders sign.
  const answer = await request(url + path, {
    method: 'POST',
    headers: { ...headers },
    body,
    signal: AbortSignal.timeout(30_000),
  });
  const received = Object.entries(answer.headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((one): [string, string] => [name, one]),
  );
  return { status: answer.statusCode, headers: new Headers(received), text: await answer.body.text() };
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

/** The bearer token of an activity, as the issuer that the bot trusts signs it: RFC 7519, with RS256. */
export function bearer(token: {
  readonly key: KeyObject;
  readonly issuer: string;
  readonly app: string;
}): string {
  const now = Math.floor(Date.now() / 1000);
  const head = base64url({ alg: 'RS256', typ: 'JWT', kid: 'invented-key' });
  const claims = base64url({ iss: token.issuer, aud: token.app, nbf: now - 60, exp: now + 3600 });
  const signature = sign('sha256', Buffer.from(`${head}.${claims}`), token.key).toString('base64url');
  return `Bearer ${head}.${claims}.${signature}`;
}

function base64url(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** https://developers.line.biz/en/reference/messaging-api/#signature-validation; no text is no event. */
export function lineEvent(line: {
  readonly secret: string;
  readonly destination: string;
  readonly text?: string;
}): Sending {
  const { secret, destination, text } = line;
  const event = { type: 'message', mode: 'active', message: { id: '1', type: 'text', text } };
  const body = JSON.stringify({ destination, events: text === undefined ? [] : [event] });
  return {
    path: '/line',
    body,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'X-Line-Signature': createHmac('sha256', secret).update(body).digest('base64'),
    },
  };
}

/** https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries */
export function githubIssue(github: {
  readonly secret: string;
  readonly repository: string;
  readonly title: string;
}): Sending {
  const body = JSON.stringify({
    action: 'opened',
    issue: { number: 1, title: github.title },
    repository: { id: 1, full_name: github.repository },
  });
  return {
    path: '/github',
    body,
    headers: {
      'Content-Type': 'application/json',
      'X-GitHub-Event': 'issues',
      'X-GitHub-Delivery': '00000000-0000-0000-0000-00000000de11',
      'X-GitHub-Hook-ID': '100000001',
      'X-Hub-Signature-256': `sha256=${createHmac('sha256', github.secret).update(body).digest('hex')}`,
    },
  };
}

/** https://www.twilio.com/docs/usage/security#validating-requests; `target` is the URL's path and query. */
export function twilioMessage(twilio: {
  readonly token: string;
  readonly host: string;
  readonly target: string;
  readonly to: string;
  readonly text: string;
}): Sending {
  const fields = { AccountSid: 'AC00000000000000000000000000000001', Body: twilio.text, To: twilio.to };
  const signed = Object.entries(fields).reduce(
    (text, [name, value]) => text + name + value,
    `https://${twilio.host}${twilio.target}`,
  );
  return {
    path: twilio.target,
    body: new URLSearchParams(fields).toString(),
    headers: {
      Host: twilio.host,
      'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8',
      'X-Twilio-Signature': createHmac('sha1', twilio.token).update(signed).digest('base64'),
    },
  };
}

/** https://docs.discord.com/developers/interactions/overview; no command is a PING. */
export function discordInteraction(discord: {
  readonly key: KeyObject;
  readonly application: string;
  readonly command?: string;
}): Sending {
  const { key, application, command } = discord;
  const body = JSON.stringify({
    application_id: application,
    id: '200000000000000001',
    token: 'invented-interaction-token',
    version: 1,
    ...(command === undefined ? { type: 1 } : { type: 2, data: { id: '1', name: command, type: 1 } }),
  });
  const timestamp = String(Math.floor(Date.now() / 1000));
  return {
    path: '/discord',
    body,
    headers: {
      'Content-Type': 'application/json',
      'X-Signature-Timestamp': timestamp,
      'X-Signature-Ed25519': sign(null, Buffer.from(timestamp + body), key).toString('hex'),
    },
  };
}

/** https://core.telegram.org/bots/api#setwebhook; the update itself is not signed. */
export function telegramMessage(telegram: { readonly token: string; readonly text: string }): Sending {
  return {
    path: '/telegram',
    headers: { 'Content-Type': 'application/json', 'X-Telegram-Bot-Api-Secret-Token': telegram.token },
    body: JSON.stringify({
      update_id: 1,
      message: {
        message_id: 1,
        date: 1_700_000_000,
        chat: { id: 100000009, type: 'private', first_name: 'Ada' },
        from: { id: 100000009, is_bot: false, first_name: 'Ada' },
        text: telegram.text,
      },
    }),
  };
}
