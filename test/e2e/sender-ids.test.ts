import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { base64url, jwks, signingKey, token } from '../door/verify/support.ts';
import { runCli, startGwproxy } from '../support/cli.ts';
import { curl } from '../support/curl.ts';
import { fixture } from '../support/root.ts';
import { activity } from '../support/senders.ts';

// The ids of bots as their senders write them, through the built command line, sent by curl.

const APP = 'aaaaaaaa-0000-0000-0000-00000000000a';
const OTHER = 'bbbbbbbb-0000-0000-0000-00000000000b';
const NOBODY = 'cccccccc-0000-0000-0000-00000000000c';
const USER = 'dddddddd-0000-0000-0000-00000000000d';
const KEY = signingKey('invented-key');

let folder = '';
let config = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gwproxy-ids-'));
  config = join(folder, 'gwproxy.yaml');
  writeFileSync(join(folder, 'keys.json'), jwks(KEY));
  const bot = (name: string, routes: readonly string[], more = '') => `  ${name}:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: ${name} }
    routes: [${routes.join(', ')}]
${more}`;
  writeFileSync(
    config,
    `listen: 127.0.0.1:0
profiles:
${bot('verified', [`{ bot_framework: { app: ${APP} } }`], '    verify: { bot_framework: { keys_file: keys.json } }\n')}${bot(
  'spelled',
  [`{ bot_framework: { app: "{${OTHER.toUpperCase()}}" } }`],
  `    verify: { bot_framework: { keys_file: keys.json, apps: "api://botid-${OTHER.toUpperCase()}" } }\n`,
)}${bot('others', [
  '{ twilio: { to: "+1 (555) 010-0199" } }',
  '{ twilio: { to: "WhatsApp:+15550100" } }',
  '{ twilio: { to: "+15550103", account: AC00000000000000000000000000000003 } }',
  '{ google_chat: { audience: "HTTPS://Bots.Example.com:443/chat/" } }',
  '{ github: { repository: Invented/Site } }',
  '{ github: { installation: 40000001 } }',
  '{ messenger: { page: 100000000000001 } }',
  '{ whatsapp: { phone_number: 100000000000002 } }',
  '{ discord: { application: 100000000000003 } }',
  `{ graph: { subscription: "{${OTHER.toUpperCase()}}" } }`,
])}`,
  );
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** A message of Direct Line, which names the bot by its handle, so that only the token names the app. */
function directLine(): string {
  return JSON.stringify({
    type: 'message',
    id: 'AAAA|0000001',
    channelId: 'directline',
    serviceUrl: 'https://directline.botframework.com/',
    from: { id: 'invented-user' },
    recipient: { id: 'invented-bot@AAAAAAAAAAA' },
    conversation: { id: 'AAAA' },
  });
}

/** An incoming call (learn.microsoft.com, "Incoming call notifications"); it names no bot. */
const CALL = JSON.stringify({
  '@odata.type': '#microsoft.graph.commsNotifications',
  value: [
    {
      '@odata.type': '#microsoft.graph.commsNotification',
      changeType: 'created',
      resourceUrl: '/communications/calls/invented-call-1',
      resourceData: { '@odata.type': '#microsoft.graph.call', state: 'incoming' },
    },
  ],
});

const JSON_TYPE = { 'Content-Type': 'application/json' };

describe("a bot's id in each spelling of its sender's", () => {
  test('the token of an activity is for the app, in each spelling of its audience', async (t) => {
    const gwproxy = await startGwproxy(t, config);
    await Promise.all([gwproxy.ready('verified'), gwproxy.ready('spelled')]);
    let count = 0;
    const sent = async (body: string, aud: string, claims: object = {}) => {
      const { status, text } = await curl(gwproxy.url, {
        target: '/api/messages',
        headers: { ...JSON_TYPE, Authorization: `Bearer ${token(KEY, { aud, ...claims })}` },
        // Each with an id of its own: a repeat would not reach the bot.
        body: JSON.stringify({ ...JSON.parse(body), id: `${++count}` }),
      });
      return status === 200 ? JSON.parse(text).bot : status;
    };
    for (const [app, bot] of [
      [APP, 'verified'],
      [OTHER, 'spelled'],
    ] as const) {
      for (const aud of [app, app.toUpperCase(), `api://${app}`, `api://botid-${app}`]) {
        assert.equal(await sent(directLine(), aud), bot, aud);
        assert.equal(await sent(activity({ app, text: 'hello' }).body, aud), bot, `${aud} of Teams`);
        assert.equal(await sent(CALL, aud), bot, `${aud} of a call`);
      }
    }
    const graph = { iss: 'https://graph.microsoft.com' };
    assert.equal(await sent(CALL, APP, graph), 'verified');

    for (const aud of [
      `api://${NOBODY}`,
      `api://bots.example.com/botid-${APP}`,
      `api://${APP}/${NOBODY}`,
      `https://${APP}`,
      `botid-${APP}`,
    ]) {
      assert.equal(await sent(directLine(), aud), 404, aud);
    }
    assert.equal(await sent(activity({ app: APP, text: 'hello' }).body, `api://${OTHER}`), 400);
    assert.equal(await sent(activity({ app: APP, text: 'hello' }).body, `api://x/${APP}`), 401);
  });

  test('every other sender', async (t) => {
    const gwproxy = await startGwproxy(t, config);
    await gwproxy.ready('others');
    const form = (fields: Readonly<Record<string, string>>) => ({
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Twilio-Signature': 'AA==' },
      body: new URLSearchParams(fields).toString(),
    });
    const json = (body: unknown, headers: Readonly<Record<string, string>> = {}) => ({
      headers: { ...JSON_TYPE, ...headers },
      body: JSON.stringify(body),
    });
    const chat = { iss: 'chat@system.gserviceaccount.com', aud: 'https://bots.example.com/chat' };
    const sent: Readonly<
      Record<string, { readonly headers: Readonly<Record<string, string>>; readonly body: string }>
    > = {
      'Twilio, in E.164': form({ To: '+15550100199', AccountSid: 'AC1' }),
      "Twilio's WhatsApp": form({ To: 'whatsapp:+15550100', AccountSid: 'AC1' }),
      "Twilio's recording callback, which names the account alone": form({
        AccountSid: 'AC00000000000000000000000000000003',
        CallSid: 'CA00000000000000000000000000000001',
        RecordingSid: 'RE00000000000000000000000000000001',
        RecordingStatus: 'completed',
      }),
      'Google Chat, without the final slash': json(
        { type: 'MESSAGE' },
        { Authorization: `Bearer ${token(KEY, chat)}` },
      ),
      'GitHub, a repository in lower case': json(
        { repository: { full_name: 'invented/site' } },
        { 'X-GitHub-Event': 'push' },
      ),
      'GitHub, an installation as a string': json(
        { installation: { id: '40000001' } },
        { 'X-GitHub-Event': 'push' },
      ),
      'Messenger, a page as a number': json({
        object: 'page',
        entry: [{ id: 100000000000001, messaging: [] }],
      }),
      'WhatsApp, a phone number as a number': json({
        object: 'whatsapp_business_account',
        entry: [{ id: 1, changes: [{ value: { metadata: { phone_number_id: 100000000000002 } } }] }],
      }),
      'Discord, an application as a number': json(
        { application_id: 100000000000003, type: 1 },
        { 'X-Signature-Ed25519': '00' },
      ),
      'Graph, a subscription in lower case': json({
        value: [{ subscriptionId: OTHER, clientState: 'invented' }],
      }),
    };
    for (const [name, request] of Object.entries(sent)) {
      const { status, text } = await curl(gwproxy.url, { target: '/hooks', ...request });
      assert.equal(status, 200, `${name}: ${text}`);
      assert.equal(JSON.parse(text).bot, 'others', name);
    }
  });

  test('explain reads a token as the door does', async () => {
    const body = join(folder, 'call.json');
    writeFileSync(body, CALL);
    const explained = async (aud: string) => {
      const bearer = `Authorization: Bearer ${token(KEY, { aud })}`;
      const args = ['explain', body, '--path', '/api/calls', '--header', bearer, '--json', '-c', config];
      const { code, stdout, stderr } = await runCli(args);
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    for (const aud of [`api://botid-${APP}`, `api://${APP}`, APP]) {
      const { outcome, targets, found } = await explained(aud);
      assert.equal(outcome, 'match', aud);
      assert.equal(targets[0].profile, 'verified', aud);
      assert.deepEqual(
        found,
        [{ field: 'app', value: APP, place: 'the token in header authorization' }],
        aud,
      );
    }
    const { outcome, claim } = await explained(`api://botid-${NOBODY}`);
    assert.deepEqual([outcome, claim], ['unmatched', `routes: [{ bot_framework: { app: ${NOBODY} } }]`]);
  });

  test('unmatched says which audience the token has', async (t) => {
    const state = join(folder, 'state');
    const gwproxy = await startGwproxy(t, config, { GWPROXY_STATE_DIR: state });
    const send = (recipient: object, aud: string) =>
      curl(gwproxy.url, {
        target: '/api/messages',
        headers: {
          ...JSON_TYPE,
          Authorization: `Bearer ${base64url({ alg: 'RS256' })}.${base64url({ iss: 'https://api.botframework.com', aud })}.AAAA`,
        },
        body: JSON.stringify({ ...JSON.parse(directLine()), recipient }),
      });
    const agent = { id: `8:orgid:${USER}`, agenticAppId: OTHER.replace('b', 'e') };
    assert.equal((await send(agent, `api://botid-${NOBODY}`)).status, 404);
    assert.equal((await send({ id: 'invented-bot@AAAAAAAAAAA' }, 'api://bots.example.com/x')).status, 404);
    const show = async (...more: string[]) => {
      const ran = await runCli(['unmatched', ...more, '-c', config], { GWPROXY_STATE_DIR: state });
      assert.equal(ran.code, 0, ran.stderr);
      return ran.stdout;
    };
    const { unmatched } = JSON.parse(await show('--json'));
    assert.deepEqual(
      unmatched.map(({ audience }: { audience: string | null }) => audience),
      ['api://bots.example.com/x', `api://botid-${NOBODY}`],
    );
    const text = await show();
    assert.match(
      text,
      new RegExp(
        `routes: .*agentic_app: .*# the token is for the app ${NOBODY}, which may be a blueprint of several agents; app: ${NOBODY} claims all of them`,
      ),
    );
    assert.match(
      text,
      /routes: .*recipient: .*# the token is for "api:\/\/bots\.example\.com\/x", which names no app/,
    );
  });
});
