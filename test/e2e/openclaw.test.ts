import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { cleanUpAfter } from '../support/clean-up.ts';
import { runCli, startGwproxy } from '../support/cli.ts';
import { curl } from '../support/curl.ts';
import { openClawMachine } from '../support/openclaw.ts';
import { post, slackEvent } from '../support/senders.ts';
import { freePort, listening } from '../support/sockets.ts';

const SECRET = 'invented-signing-secret';
const TOKEN = 'invented-hook-token';
/** A client beyond this machine, as a tunnel names it. */
const CLIENT = { 'X-Forwarded-For': '203.0.113.9' };

interface Written {
  readonly port: number;
  readonly gateway?: string;
  readonly channels?: string;
}

function json({ port, gateway = "trustedProxies: ['127.0.0.1']", channels = '' }: Written): string {
  return `{
  gateway: { mode: 'local', port: ${port}, ${gateway} },
  hooks: { enabled: true, token: '${TOKEN}' },
  channels: { ${channels} },
}
`;
}

const SLACK = `slack: { mode: 'http', botToken: 'invented', signingSecret: '${SECRET}' }`;

function hook(profile: string) {
  return {
    target: `/p/${profile}/hooks/wake`,
    headers: { ...CLIENT, Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' },
    body: '{"text":"hello"}',
  };
}

test('two OpenClaw gateways share one port: senders by their ids, hooks by path, and no control UI', async (t) => {
  const telegram = await freePort();
  const here = await openClawMachine(t, {
    support: json({ port: await freePort(), channels: SLACK }),
    ops: json({
      port: await freePort(),
      channels: `${SLACK}, telegram: { webhookUrl: 'https://bots.example.com/telegram-webhook', webhookSecret: 'invented-ops', webhookPort: ${telegram} }`,
    }),
  });
  await here.write(
    'gwproxy.yaml',
    `listen: 127.0.0.1:0
profile_paths: true
profiles:
  support: { preset: openclaw, routes: [{ slack: { team: T0AAAAAAA1 } }] }
  ops: { preset: openclaw, routes: [{ slack: { team: T0AAAAAAA2 } }, { telegram: { secret_token: invented-ops } }] }
`,
  );
  const gwproxy = await startGwproxy(t, here.config, here.env);
  await Promise.all(['support', 'ops'].map((name) => gwproxy.ready(name)));

  for (const [name, team] of [
    ['support', 'T0AAAAAAA1'],
    ['ops', 'T0AAAAAAA2'],
  ] as const) {
    const event = slackEvent({ secret: SECRET, team, app: 'A0AAAAAAA1', text: 'hello' });
    const slack = await post(gwproxy.url, {
      ...event,
      path: '/slack/events',
      headers: { ...event.headers, ...CLIENT },
    });
    assert.deepEqual([slack.status, JSON.parse(slack.text)], [200, { profile: name, path: '/slack/events' }]);
    const forged = slackEvent({ secret: 'forged', team, app: 'A0AAAAAAA1', text: 'hello' });
    assert.equal((await post(gwproxy.url, { ...forged, path: '/slack/events' })).status, 401);
    const woken = await curl(gwproxy.url, hook(name));
    assert.deepEqual(
      [woken.status, JSON.parse(woken.text)],
      [200, { ok: true, profile: name, path: '/hooks/wake' }],
    );
  }

  const update = await curl(gwproxy.url, {
    target: '/telegram-webhook',
    headers: { ...CLIENT, 'X-Telegram-Bot-Api-Secret-Token': 'invented-ops' },
    body: '{"update_id":1}',
  });
  assert.deepEqual(
    [update.status, JSON.parse(update.text)],
    [200, { profile: 'ops', path: '/telegram-webhook' }],
  );

  for (const target of ['/', '/p/support/', '/p/support/chat', '/p/support/hooksx', '/p/ops/startupz']) {
    const { status, text } = await curl(gwproxy.url, { target, headers: CLIENT });
    assert.equal(status, 404, target);
    assert.doesNotMatch(text, /OpenClaw Control/);
  }
});

test('without trustedProxies hooks are answered with 403, as validate and doctor say before', async (t) => {
  const here = await openClawMachine(t, {
    support: json({ port: await freePort(), gateway: "auth: { mode: 'token' }" }),
  });
  await here.write(
    'gwproxy.yaml',
    'listen: 127.0.0.1:0\nprofile_paths: true\nprofiles: { support: { preset: openclaw } }\n',
  );
  const advice =
    /run `openclaw --profile support config set gateway\.trustedProxies '\["127\.0\.0\.1"\]' --strict-json`/;
  for (const command of ['validate', 'doctor']) {
    const { stdout, stderr } = await runCli([command, '-c', here.config], here.env);
    assert.match(stdout + stderr, advice, command);
  }
  const gwproxy = await startGwproxy(t, here.config, here.env);
  await gwproxy.ready('support');
  const { status, text } = await curl(gwproxy.url, hook('support'));
  assert.equal(status, 403);
  assert.match(text, /proxy_attribution_required/);
});

test('a gateway that is already running elsewhere, and a config that it refuses, are told apart', async (t) => {
  const here = await openClawMachine(t, {
    running: json({ port: await freePort() }),
    broken: json({ port: await freePort(), gateway: 'nonsense: true' }),
  });
  const port = await freePort();
  const other = spawn('openclaw', ['--profile', 'running', 'gateway', 'run'], {
    env: { ...here.env, OPENCLAW_GATEWAY_PORT: String(port) },
    stdio: 'ignore',
  });
  cleanUpAfter(t, async () => {
    other.kill();
    await once(other, 'exit');
  });
  await listening(port);
  await here.write(
    'gwproxy.yaml',
    'listen: 127.0.0.1:0\nprofiles:\n  running: { preset: openclaw }\n  broken: { preset: openclaw }\n',
  );
  const gwproxy = await startGwproxy(t, here.config, here.env);
  for (const [name, reason] of [
    ['running', /code 78.*another OpenClaw process owns gateway-lifecycle/],
    ['broken', /code 78.*openclaw --profile broken doctor --fix/],
  ] as const) {
    await gwproxy.waitFor(`${name} failed`, (line) => line.profile === name && line.state === 'failed');
    const { state, last_error: lastError } = await gwproxy.profile(name);
    assert.equal(state, 'failed');
    assert.match(lastError ?? '', reason);
  }
});

test('a gateway that runs already, on the port of its profile, is named with what ends it', async (t) => {
  const port = await freePort();
  const here = await openClawMachine(t, { support: json({ port }) });
  const other = spawn('openclaw', ['--profile', 'support', 'gateway', 'run'], {
    env: { ...here.env, OPENCLAW_PROFILE: 'support' },
    stdio: 'ignore',
  });
  cleanUpAfter(t, async () => {
    other.kill();
    await once(other, 'exit');
  });
  await listening(port);
  await here.write('gwproxy.yaml', 'listen: 127.0.0.1:0\nprofiles: { support: { preset: openclaw } }\n');
  const { stdout } = await runCli(['doctor', '-c', here.config], here.env);
  assert.match(stdout, /which is OpenClaw's own gateway and not run by gwproxy/);
  assert.match(stdout, /end it with `OPENCLAW_PROFILE=support openclaw gateway stop`/);
});

test('the gateway gets the port that gwproxy chose for it', async (t) => {
  const here = await openClawMachine(t, { support: json({ port: await freePort() }) });
  const config =
    'listen: 127.0.0.1:0\nprofile_paths: true\nprofiles:\n  support: { preset: openclaw, listeners: { gateway: { port: auto } } }\n';
  await here.write('gwproxy.yaml', config);
  const gwproxy = await startGwproxy(t, here.config, here.env);
  await gwproxy.ready('support');
  assert.equal((await curl(gwproxy.url, hook('support'))).status, 200);
});
