import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { senders, tokenKeys } from '../support/bots.ts';
import { isAlive, runCli, startGwproxy } from '../support/cli.ts';
import { startPm2 } from '../support/pm2.ts';
import { python } from '../support/python.ts';
import { fixture } from '../support/root.ts';
import { post, slackEvent } from '../support/senders.ts';
import { freePort, listen, listening, temporaryFolder } from '../support/sockets.ts';
import { SlackStandIn } from '../support/stand-ins/slack.ts';
import { TelegramStandIn } from '../support/stand-ins/telegram.ts';

const TEAM = 'T0AAAAAAA1';
const APPS = { standup: 'A0AAAAAAA1', lunch: 'A0AAAAAAA2', oncall: 'A0AAAAAAA3' } as const;
const NAMES = ['standup', 'lunch', 'oncall', 'teams', 'reminder', 'weather'];
const LISTENING = ['standup', 'lunch', 'teams', 'weather'];

test('six bots of a pm2 user move to gwproxy: by HTTP, in Socket Mode, by polling, and one that is slow', async (t) => {
  const at = await temporaryFolder(t);
  const daemon = await startPm2(t);
  const slack = await SlackStandIn.start(t);
  const telegram = await TelegramStandIn.start(t);
  const { path, keys } = tokenKeys();
  const authority = `http://127.0.0.1:${await listen(
    t,
    createServer((request, response) => response.end(request.url === path ? keys : '')),
  )}`;
  const [microsoft] = senders(authority);
  assert.ok(microsoft !== undefined);

  const ports = new Map<string, number>();
  for (const name of LISTENING) ports.set(name, await freePort());
  const ecosystem = join(at, 'ecosystem.config.cjs');
  const bolt = (name: keyof typeof APPS) => ({ SLACK_BOT_TOKEN: `xoxb-${name}`, SLACK_API_URL: slack.url });
  const apps = [
    ...(['standup', 'lunch'] as const).map((name) => ({
      name,
      script: 'slack-http.mjs',
      env: { ...bolt(name), SLACK_SIGNING_SECRET: `invented-${name}` },
    })),
    {
      name: 'oncall',
      script: 'slack-socket.mjs',
      env: { ...bolt('oncall'), SLACK_APP_TOKEN: 'xapp-oncall' },
    },
    {
      name: 'teams',
      script: 'teams.mjs',
      env: {
        MicrosoftAppId: '00000000-0000-0000-0000-000000000001',
        MicrosoftAppTenantId: '00000000-0000-0000-0000-0000000000aa',
        AUTHORITY: authority,
      },
      wait_ready: true,
    },
    {
      name: 'reminder',
      script: 'telegram.mjs',
      env: { TELEGRAM_BOT_TOKEN: '100000001:invented', BOT_API: telegram.url },
    },
    { name: 'weather', script: 'weather.py', interpreter: python, env: {} },
  ].map((app) => {
    const port = ports.get(app.name);
    const env = port === undefined ? app.env : { ...app.env, PORT: port };
    return { ...app, cwd: fixture('pm2-bots'), env };
  });
  await writeFile(ecosystem, `module.exports = ${JSON.stringify({ apps }, null, 2)};\n`);

  await daemon.run('start', ecosystem);
  await Promise.all([...[...ports.values()].map(listening), slack.connected(), telegram.polled()]);

  const config = join(at, 'gwproxy.yaml');
  const init = await runCli(['init', '--pm2', ecosystem, '-c', config], daemon.env);
  assert.deepEqual([init.code, init.stderr], [0, '']);
  for (const line of [
    /^standup, lunch: slack: Fill in its route: team is the T… .*, app the App ID .*`gwproxy unmatched` prints\.$/m,
    /^oncall: slack: It connects by itself \(Socket Mode, @slack\/bolt, SLACK_APP_TOKEN\), and needs neither/m,
    /^reminder: telegram: It connects by itself \(polling, grammy\), and needs neither a listener nor a route\.$/m,
    /^next: complete the commented lines of standup, lunch in the config, as the notes above say$/m,
  ]) {
    assert.match(init.stdout, line);
  }
  assert.doesNotMatch(init.stdout, /^teams: bot_framework/m, 'nothing is left to fill in');

  const written = await readFile(config, 'utf8');
  assert.match(written, /^ {4}ready: ipc$/m);

  // A person fills in two ids. The rest is the test's: a free port, and the keys of Entra's stand-in.
  await writeFile(join(at, 'keys.json'), keys);
  const issuer = `${authority}/00000000-0000-0000-0000-0000000000aa/v2.0`;
  const completed = [APPS.standup, APPS.lunch]
    .reduce(
      (text, app) => text.replace('# routes: [{ slack: { team: T…, app: A… } }]', slackRoute(app)),
      written,
    )
    .replace(/listen: \S+/, 'listen: 127.0.0.1:0')
    .replace('bot_framework: true', `bot_framework: { issuers: "${issuer}", keys_file: keys.json }`);
  assert.ok(!completed.includes('…,'), completed);
  await writeFile(config, completed);

  await daemon.kill();
  for (const port of ports.values()) await assert.rejects(reached(port), /ECONNREFUSED/);
  assert.deepEqual([slack.connections, telegram.polls], [0, 0]);

  const gwproxy = await startGwproxy(t, config);
  const ready = new Map(
    await Promise.all(NAMES.map(async (name) => [name, await gwproxy.ready(name)] as const)),
  );
  const began = await gwproxy.waitFor(
    'the slow bot to start',
    ({ type, profile, state }) => type === 'gateway.state' && profile === 'weather' && state === 'starting',
  );
  assert.ok(
    Number(ready.get('weather')?.['time']) - Number(began['time']) >= 4000,
    'it is ready when it listens',
  );

  for (const name of ['standup', 'lunch'] as const) {
    const event = slackEvent({ secret: `invented-${name}`, team: TEAM, app: APPS[name], text: `to ${name}` });
    assert.equal((await post(gwproxy.url, event)).status, 200);
    assert.equal(await slack.sayings.who(`heard: to ${name}`), `xoxb-${name}`);
  }
  await slack.connected();
  const event = slackEvent({ secret: '', team: TEAM, app: APPS.oncall, text: 'to oncall' });
  await slack.send(JSON.parse(event.body));
  assert.equal(await slack.sayings.who('heard: to oncall'), 'xoxb-oncall');
  await telegram.polled();
  telegram.send('to reminder');
  assert.equal(await telegram.sayings.who('heard: to reminder'), '100000001:invented');
  const answer = await post(gwproxy.url, microsoft.good);
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.text, /heard: hello/);
  const forecast = await fetch(`${gwproxy.url}/p/weather/forecast`);
  assert.equal(await forecast.text(), 'heard: /forecast');

  assert.deepEqual([slack.sayings.all.length, telegram.sayings.all.length], [3, 1]);
  const { profiles } = await gwproxy.status();
  assert.deepEqual(
    profiles.map(({ name, state, generation, requests }) => [name, state, generation, requests]),
    NAMES.map((name) => [name, 'ready', 1, ports.has(name) ? 1 : 0]),
  );

  const pids = profiles.map(({ pid }) => Number(pid));
  assert.equal(await gwproxy.stop(), 0);
  assert.deepEqual(pids.filter(isAlive), []);
  for (const port of ports.values()) await assert.rejects(reached(port), /ECONNREFUSED/);
  assert.deepEqual([slack.connections, telegram.polls], [0, 0]);
});

function slackRoute(app: string): string {
  return `routes: [{ slack: { team: ${TEAM}, app: ${app} } }]`;
}

/** Rejects if nobody listens there. */
function reached(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', reject);
  });
}
