// The requests that Slack and Microsoft would send, with invented ids: each has a path on the public port, a body and
// headers.
import { createHmac } from 'node:crypto';

const SIGNING_SECRET = 'invented-signing-secret';
const TEAM = 'T0AAAAAAA1';

/** https://docs.slack.dev/authentication/verifying-requests-from-slack: the signature covers the body's bytes. */
function slack(contentType, body) {
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', SIGNING_SECRET).update(`v0:${timestamp}:${body}`).digest('hex');
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

export function slackMention(text, team = TEAM) {
  return slack(
    'application/json',
    JSON.stringify({
      type: 'event_callback',
      team_id: team,
      api_app_id: 'A0AAAAAAA1',
      event_id: `Ev${Date.now()}`,
      event_time: Math.floor(Date.now() / 1000),
      authorizations: [{ enterprise_id: null, team_id: team, user_id: 'U0AAAAAAA1', is_bot: true }],
      event: {
        type: 'app_mention',
        user: 'U0AAAAAAA9',
        text,
        channel: 'C0AAAAAAA1',
        ts: '1700000000.000100',
      },
    }),
  );
}

export function slackCommand(command, user) {
  const form = new URLSearchParams({
    command,
    text: '',
    team_id: TEAM,
    api_app_id: 'A0AAAAAAA1',
    channel_id: 'C0AAAAAAA1',
    user_id: 'U0AAAAAAA9',
    user_name: user,
    trigger_id: 'invented',
  });
  return slack('application/x-www-form-urlencoded', form.toString());
}

/** With expectReplies the bot's answer comes in the response; without, the bot would call Microsoft's API. */
export function activity(text, app = '00000000-0000-0000-0000-000000000001') {
  return {
    path: '/api/messages',
    body: JSON.stringify({
      type: 'message',
      id: String(Date.now()),
      channelId: 'msteams',
      deliveryMode: 'expectReplies',
      serviceUrl: 'https://smba.trafficmanager.net/emea/',
      from: { id: '29:ada' },
      recipient: { id: `28:${app}` },
      conversation: { id: 'a:1', conversationType: 'personal' },
      text,
    }),
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
  };
}

/** The same request and signature with one byte of the body changed. */
export function tampered(request) {
  return { ...request, body: request.body.replace('hello', 'jello') };
}
