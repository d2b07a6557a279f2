import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import {
  activity,
  bearer,
  discordInteraction,
  githubIssue,
  lineEvent,
  type Sending,
  slackForm,
  telegramMessage,
  twilioMessage,
} from './senders.ts';

// What is sent to the bots of test/fixtures/bots, as each sender signs it.

export interface Refusal {
  readonly what: string;
  readonly sending: Sending;
  readonly status: number;
  /** The SDK's own words. */
  readonly says: RegExp;
}

export interface Sender {
  readonly bot: string;
  /** The variables that its profile sets: no other bot may see them. */
  readonly environment: readonly string[];
  readonly good: Sending;
  /** What the bot answers to it. */
  readonly heard: RegExp;
  /** That it reached the bot and was refused there. */
  readonly refusals: readonly Refusal[];
  /** The same with a key that nobody claims, and what its sender hears. */
  readonly stranger: Sending;
  readonly strangerHears: number;
}

/** Those that a bot knows. */
const TENANT = '00000000-0000-0000-0000-0000000000aa';
const APP = '00000000-0000-0000-0000-000000000001';
const APPLICATION = '100000000000000001';
const DESTINATION = 'U00000000000000000000000000000001';
const PUBLIC_HOST = 'bots.example.com';

const discordKey = generateKeyPairSync('ed25519');
const tokenKey = generateKeyPairSync('rsa', { modulusLength: 2048 });

/** What discord-bot verifies by, as Discord's portal shows it. */
export function discordPublicKey(): string {
  const { x = '' } = discordKey.publicKey.export({ format: 'jwk' });
  return Buffer.from(x, 'base64url').toString('hex');
}

/** What bot-framework-bot verifies tokens by (RFC 7517), and where Microsoft's SDK looks for it. */
export function tokenKeys(): { readonly path: string; readonly keys: string } {
  const key = {
    ...tokenKey.publicKey.export({ format: 'jwk' }),
    kid: 'invented-key',
    use: 'sig',
    alg: 'RS256',
  };
  return { path: `/${TENANT}/discovery/v2.0/keys`, keys: JSON.stringify({ keys: [key] }) };
}

/** A PING of Discord's, signed by it or by someone else. */
export function discordPing(by: 'discord' | 'a stranger'): Sending {
  const { privateKey } = by === 'discord' ? discordKey : generateKeyPairSync('ed25519');
  return discordInteraction({ key: privateKey, application: APPLICATION });
}

/** What LINE sends when its button "Verify" is pressed. */
export function lineTrial(destination: string = DESTINATION): Sending {
  return lineEvent({ secret: 'invented-channel-secret', destination });
}

/** An activity whose recipient is another bot than its token is for. */
export function mixedActivity(authority: string): Sending {
  const { good } = botFrameworkSender(authority);
  return changed(good, `28:${APP}`, '28:00000000-0000-0000-0000-000000000002');
}

/** Every sender; `authority` is where the token keys are. */
export function senders(authority: string): readonly Sender[] {
  return [
    botFrameworkSender(authority),
    slackSender(),
    lineSender(),
    githubSender(),
    twilioSender(),
    discordSender(),
    telegramSender(),
  ];
}

function changed({ path, headers, body }: Sending, from: string, to: string): Sending {
  assert.equal(from.length, to.length);
  assert.ok(body.includes(from), `${from} is not in the body`);
  return { path, headers, body: body.replace(from, to) };
}

function withHeader({ path, headers, body }: Sending, name: string, value: string): Sending {
  return { path, body, headers: { ...headers, [name]: value } };
}

/** The last character of a signature may hold bits that say nothing. */
function withOtherSignature(token: string): string {
  const at = token.lastIndexOf('.') + 1;
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1);
}

function botFrameworkSender(authority: string): Sender {
  const issuer = `${authority}/${TENANT}/v2.0`;
  const to = (app: string) => {
    const authorization = bearer({ key: tokenKey.privateKey, issuer, app });
    return withHeader(activity({ app, text: 'hello' }), 'Authorization', authorization);
  };
  const good = to(APP);
  const authorization = withOtherSignature(good.headers['Authorization'] ?? '');
  return {
    bot: 'bot-framework-bot',
    environment: ['BOT_FRAMEWORK_APP', 'BOT_FRAMEWORK_AUTHORITY'],
    good,
    heard: /bot-framework-bot heard: hello/,
    refusals: [
      {
        what: 'a token with one byte changed',
        sending: withHeader(good, 'Authorization', authorization),
        status: 401,
        says: /invalid signature/,
      },
    ],
    stranger: to('00000000-0000-0000-0000-0000000000ff'),
    strangerHears: 404,
  };
}

function slackSender(): Sender {
  const to = (team: string) =>
    slackForm('invented-signing-secret', {
      command: '/hello',
      team_id: team,
      api_app_id: 'A0AAAAAAA1',
      text: 'hello',
    });
  const good = to('T0AAAAAAA1');
  return {
    bot: 'slack-bot',
    environment: ['SLACK_SIGNING_SECRET'],
    good,
    heard: /^slack-bot heard: hello$/,
    // Bolt answers without a word.
    refusals: [
      {
        what: 'a body with one byte changed',
        sending: changed(good, 'text=hello', 'text=hellp'),
        status: 401,
        says: /^$/,
      },
    ],
    stranger: to('T0AAAAAAAF'),
    // A person reads it: the door says that the command is not set up.
    strangerHears: 200,
  };
}

function lineSender(): Sender {
  const to = (destination: string) =>
    lineEvent({ secret: 'invented-channel-secret', destination, text: 'hello' });
  const good = to(DESTINATION);
  return {
    bot: 'line-bot',
    environment: ['LINE_CHANNEL_SECRET'],
    good,
    heard: /^line-bot heard: hello$/,
    refusals: [
      {
        what: 'a body with one byte changed',
        sending: changed(good, 'hello', 'hellp'),
        status: 401,
        says: /^signature validation failed$/,
      },
    ],
    stranger: to('U0000000000000000000000000000000f'),
    strangerHears: 404,
  };
}

function githubSender(): Sender {
  const to = (repository: string) =>
    githubIssue({ secret: 'invented-webhook-secret', repository, title: 'hello' });
  const good = to('invented/example');
  return {
    bot: 'github-bot',
    environment: ['GITHUB_WEBHOOK_SECRET'],
    good,
    heard: /^ok\n$/,
    refusals: [
      {
        what: 'a body with one byte changed',
        sending: changed(good, 'hello', 'hellp'),
        status: 400,
        says: /signature does not match event payload and secret/,
      },
    ],
    stranger: to('invented/another'),
    strangerHears: 404,
  };
}

function twilioSender(): Sender {
  const to = (number: string) =>
    twilioMessage({
      token: 'invented-auth-token',
      host: PUBLIC_HOST,
      target: '/twilio/sms%20in?lang=de&name=Ada%20L',
      to: number,
      text: 'hello',
    });
  const good = to('+15550000001');
  const refused = { status: 403, says: /^Twilio Request Validation Failed\.$/ };
  return {
    bot: 'twilio-bot',
    environment: ['TWILIO_AUTH_TOKEN'],
    good,
    heard: /<Message>twilio-bot heard: hello<\/Message>/,
    // Each of these is in the URL that Twilio signs: the good request holds only because all of them arrived.
    refusals: [
      { what: 'a body with one byte changed', sending: changed(good, 'hello', 'hellp'), ...refused },
      { what: 'another Host', sending: withHeader(good, 'Host', 'bots.example.net'), ...refused },
      { what: 'another path', sending: { ...good, path: good.path.replace('/sms', '/smt') }, ...refused },
      { what: 'another query', sending: { ...good, path: good.path.replace('=de', '=df') }, ...refused },
    ],
    stranger: to('+15550000009'),
    strangerHears: 404,
  };
}

function discordSender(): Sender {
  const to = (application: string) =>
    discordInteraction({ key: discordKey.privateKey, application, command: 'hello' });
  const good = to(APPLICATION);
  return {
    bot: 'discord-bot',
    environment: ['DISCORD_PUBLIC_KEY'],
    good,
    heard: /discord-bot heard: hello/,
    refusals: [
      {
        what: 'a body with one byte changed',
        sending: changed(good, '"hello"', '"hellp"'),
        status: 401,
        says: /Invalid signature/,
      },
    ],
    stranger: to('100000000000000009'),
    strangerHears: 404,
  };
}

function telegramSender(): Sender {
  const to = (token: string) => telegramMessage({ token, text: 'hello' });
  return {
    bot: 'telegram-bot',
    environment: ['TELEGRAM_SECRET_TOKEN'],
    good: to('invented-secret-token-1'),
    heard:
      /"method":"sendMessage".*telegram-bot heard: hello|telegram-bot heard: hello.*"method":"sendMessage"/,
    refusals: [
      {
        what: 'a token with one byte changed',
        sending: to('invented-secret-token-2'),
        status: 401,
        says: /secret token is wrong/,
      },
    ],
    stranger: to('invented-secret-token-9'),
    strangerHears: 404,
  };
}
