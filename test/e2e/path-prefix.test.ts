import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCli, startGwproxy } from '../support/cli.ts';
import { curl } from '../support/curl.ts';
import { fixture } from '../support/root.ts';
import { activity, twilioMessage } from '../support/senders.ts';
import { listen, temporaryFolder } from '../support/sockets.ts';

// One gateway that serves several bots, each below a path of its own, behind one URL, at the built command line, by curl.

const INBOX = '00000000-0000-4000-8000-000000000001';
const CALENDAR = '00000000-0000-4000-8000-000000000002';
const TOKEN = 'invented-auth-token';

/** What a multiplexed gateway got: for which bot, at which path of that, and which prefix its headers name. */
interface Seen {
  readonly bot: string | null;
  readonly url: string;
  readonly prefix: string | null;
}

/** Answers below `/p/NAME/` for that bot, and at /health. */
async function startMultiplexed(t: TestContext) {
  const probes: string[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const url = request.url ?? '';
      const bot = /^\/p\/([a-z-]+)(?=\/)/.exec(url)?.[1] ?? null;
      if (request.headers['user-agent'] === 'gwproxy') probes.push(url);
      response.writeHead(bot === null && url !== '/health' ? 404 : 200);
      const prefix = request.headers['x-forwarded-prefix']?.toString() ?? null;
      response.end(JSON.stringify({ bot, url, prefix } satisfies Seen));
    });
  });
  return { port: await listen(t, server), probes };
}

function seenIn(text: string): Seen {
  return JSON.parse(text);
}

function config(port: number, more = ''): string {
  return `listen: 127.0.0.1:0
public_url: https://bots.example.com
profile_paths: true
profiles:
  inbox-triage:
    url: http://127.0.0.1:${port}/p/inbox-triage
    listeners: { main: { health: /health, paths: [/api/messages, /webhooks] } }
    routes: [{ bot_framework: { app: ${INBOX} } }]
  calendar:
    url: http://127.0.0.1:${port}/p/calendar/
    listeners: { main: { paths: [/api/messages, /webhooks] } }
    routes: [{ bot_framework: { app: ${CALENDAR} } }]
  sms:
    url: http://127.0.0.1:${port}/p/sms
    routes: [{ twilio: { to: "+15005550006" } }]
    verify: { twilio: { auth_token: ${TOKEN} } }
  own:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: own }
    ${more === '' ? 'add_prefix: /bots/own' : more}
    routes: [{ path: /own, strip_prefix: true }]
`;
}

async function start(t: TestContext, port: number) {
  const file = join(await temporaryFolder(t), 'gwproxy.yaml');
  await writeFile(file, config(port));
  const gwproxy = await startGwproxy(t, file);
  await Promise.all(['inbox-triage', 'calendar', 'sms', 'own'].map((name) => gwproxy.ready(name)));
  return { file, gwproxy };
}

test('one gateway stands behind one URL, and each of its bots gets what its key says', async (t) => {
  const { port, probes } = await startMultiplexed(t);
  const { file, gwproxy } = await start(t, port);
  const send = async (app: string) => {
    const { path, headers, body } = activity({ app, text: 'hi' });
    return seenIn((await curl(gwproxy.url, { target: `${path}?x=%2F..`, headers, body })).text);
  };
  for (const [app, bot] of [
    [INBOX, 'inbox-triage'],
    [CALENDAR, 'calendar'],
  ] as const) {
    assert.deepEqual(await send(app), { bot, url: `/p/${bot}/api/messages?x=%2F..`, prefix: null });
  }
  // The public prefix of profile_paths is stripped before the gateway's own is added.
  const hook = await curl(gwproxy.url, { target: '/p/calendar/webhooks/ping', body: '{}' });
  const stripped = { bot: 'calendar', url: '/p/calendar/webhooks/ping', prefix: '/p/calendar' };
  assert.deepEqual(seenIn(hook.text), stripped);
  // What its paths do not name is not public, whatever the gateway serves below the prefix.
  assert.equal((await curl(gwproxy.url, { target: '/p/calendar/v1/models' })).status, 404);
  for (const target of [
    '/p/calendar/webhooks/../../inbox-triage/webhooks/ping',
    '/p/calendar/..%2finbox-triage/webhooks',
  ])
    assert.equal((await curl(gwproxy.url, { target })).status, 400, target);

  // Twilio signs the public URL, which has no prefix.
  const to = '+15005550006';
  const sms = twilioMessage({ token: TOKEN, host: 'bots.example.com', target: '/sms?a=b', to, text: 'hi' });
  const answer = await curl(gwproxy.url, { target: sms.path, headers: sms.headers, body: sms.body });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(seenIn(answer.text).url, '/p/sms/sms?a=b');

  const own = await curl(gwproxy.url, { target: '/own/a//b?c' });
  assert.equal(JSON.parse(own.text).url, '/bots/own/a//b?c');

  // The health path is asked as it is written.
  assert.deepEqual([...new Set(probes)], ['/health']);
  const { stdout } = await runCli(['explain', '-c', file, '--path', '/own/x']);
  assert.match(stdout, /^outcome +match: own, listener main, which gets the path behind \/bots\/own$/m);
  const listed: unknown = JSON.parse((await runCli(['validate', '--json', '-c', file])).stdout);
  assert.match(
    JSON.stringify(listed),
    /"name":"main","host":"127.0.0.1","port":\d+,"paths":\["\/api\/messages","\/webhooks"\],"add_prefix":"\/p\/inbox-triage"/,
  );
  // Portals get the URL without it.
  assert.doesNotMatch((await runCli(['urls', '-c', file])).stdout, /\/p\/sms\/sms|\/bots\/own/);
});

test('a changed prefix applies at once and restarts nothing', async (t) => {
  const { port } = await startMultiplexed(t);
  const { file, gwproxy } = await start(t, port);
  const before = (await gwproxy.profile('own')).pid;
  const swapped = config(port, 'listeners: { main: { add_prefix: /later } }');
  await writeFile(file, swapped.replace(`${port}/p/calendar/`, `${port}/p/moved`));
  const applied = await gwproxy.waitFor('applied', (line) => line.type === 'config.applied');
  assert.deepEqual(applied.changes, ['calendar: changed (url)', 'own: changed (listeners.main.add_prefix)']);
  const hook = await curl(gwproxy.url, { target: '/p/calendar/webhooks/ping', body: '{}' });
  assert.equal(seenIn(hook.text).url, '/p/moved/webhooks/ping');
  const own = await curl(gwproxy.url, { target: '/own/x' });
  assert.equal(JSON.parse(own.text).url, '/later/x');
  const { pid, restarts, generation } = await gwproxy.profile('own');
  assert.deepEqual([pid, restarts, generation], [before, 0, 1]);
  assert.equal((await gwproxy.profile('calendar')).generation, 1);
});
