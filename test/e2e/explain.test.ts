import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runCli } from '../support/cli.ts';

const APP = '00000000-0000-0000-0000-000000000001';
const SECRETS = ['hush-telegram-0001', 'hush-gitlab-0001', 'hush-verify-0001', 'hush-sent-0001'];

const CONFIG = `
listen: 127.0.0.1:0
public_url: https://bots.example.com
profile_paths: true
profiles:
  inbox:
    command: [${process.execPath}, --version]
    fan_out: true
    listeners: { messages: { port_env: PORT, paths: [/api/messages] }, hooks: { port_env: HOOKS, paths: [/] } }
    routes:
      - slack: { team: T0AAAAAAA1, app: A0AAAAAAA1 }
      - bot_framework: { app: ${APP} }
      - messenger: { page: "111" }
      - messenger: { verify_token: hush-verify-0001 }
      - { path: /gitlab, header: { name: X-Gitlab-Token, value: hush-gitlab-0001 } }
  other:
    url: http://127.0.0.1:10
    routes:
      - slack: { team: T0AAAAAAA1 }
      - telegram: { secret_token: hush-telegram-0001 }
      - messenger: { page: "222" }
  third:
    url: http://127.0.0.1:11
    fan_out: true
    listeners: { main: { paths: [/webhook] } }
    routes: [{ messenger: { page: "333" } }]
`;

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gwproxy-explain-'));
  writeFileSync(join(folder, 'gwproxy.yaml'), CONFIG);
});
after(() => rmSync(folder, { recursive: true, force: true }));

interface Asked {
  readonly body?: string;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: readonly string[];
}

async function ask({ body, path, method, headers = [] }: Asked, more: readonly string[]): Promise<string> {
  const file = join(folder, 'body');
  if (body !== undefined) writeFileSync(file, body);
  const { code, stdout, stderr } = await runCli([
    'explain',
    ...(body === undefined ? [] : [file]),
    ...(path === undefined ? [] : ['--path', path]),
    ...(method === undefined ? [] : ['--method', method]),
    ...headers.flatMap((header) => ['--header', header]),
    ...more,
    '-c',
    join(folder, 'gwproxy.yaml'),
  ]);
  assert.equal(code, 0, stderr);
  for (const secret of SECRETS) assert.ok(!(stdout + stderr).includes(secret), stdout);
  return stdout;
}

/** The documented fields of `--json`, with a check of each. */
function explained(stdout: string): {
  readonly outcome: string;
  readonly platform: string | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly targets: readonly { readonly profile: string; readonly listener: string }[];
  readonly because: string;
  readonly claim: string | null;
} {
  return JSON.parse(stdout);
}

const event = (team: string, app: string) =>
  JSON.stringify({ type: 'event_callback', team_id: team, api_app_id: app, event: { type: 'message' } });
const activity = (recipient: string) =>
  JSON.stringify({ type: 'message', channelId: 'msteams', recipient: { id: recipient } });
const batch = (...pages: string[]) => JSON.stringify({ object: 'page', entry: pages.map((id) => ({ id })) });

const CASES: readonly {
  readonly name: string;
  readonly asked: Asked;
  readonly outcome: string;
  readonly platform: string | null;
  readonly targets?: readonly string[];
  readonly because: RegExp;
  readonly claim?: string;
}[] = [
  {
    name: 'more fields beat fewer',
    asked: { body: event('T0AAAAAAA1', 'A0AAAAAAA1'), path: '/slack/events' },
    outcome: 'match',
    platform: 'slack',
    targets: ['inbox hooks'],
    because: /gwproxy\.yaml:11:9 \(slack team T0AAAAAAA1, app A0AAAAAAA1/,
  },
  {
    name: 'the listener is the one of the longest path',
    asked: { body: activity(`28:${APP}`), path: '/api/messages' },
    outcome: 'match',
    platform: 'bot-framework',
    targets: ['inbox messages'],
    because: /claims it for inbox/,
  },
  {
    name: 'the Content-Type is guessed from the first character of the body',
    asked: { body: 'command=%2Fx&team_id=T0AAAAAAA1', path: '/slack/events' },
    outcome: 'match',
    platform: 'slack',
    targets: ['other main'],
    because: /claims it for other/,
  },
  {
    name: 'a header decides without a body',
    asked: { method: 'post', headers: ['X-Telegram-Bot-Api-Secret-Token: hush-telegram-0001'] },
    outcome: 'match',
    platform: 'telegram',
    targets: ['other main'],
    because: /telegram secret_token \(secret\)/,
  },
  {
    name: 'a custom header decides within its path',
    asked: { path: '/gitlab/x', method: 'POST', headers: ['X-Gitlab-Token: hush-gitlab-0001'] },
    outcome: 'match',
    platform: 'custom',
    targets: ['inbox hooks'],
    because: /header x-gitlab-token \(secret\), path \/gitlab/,
  },
  {
    name: 'a subscription is matched by its verify token',
    asked: { path: '/webhook?hub.mode=subscribe&hub.verify_token=hush-verify-0001&hub.challenge=1' },
    outcome: 'match',
    platform: 'messenger',
    targets: ['inbox hooks'],
    because: /claims it for inbox/,
  },
  {
    name: 'a path alone decides',
    asked: { path: '/p/inbox/api/messages' },
    outcome: 'match',
    platform: null,
    targets: ['inbox messages'],
    because: /path \/p\/inbox \(taken off\)/,
  },
  {
    name: 'a batch with fan_out goes to each profile',
    asked: { body: batch('111', '333'), path: '/webhook' },
    outcome: 'fan-out',
    platform: 'messenger',
    targets: ['inbox hooks', 'third main'],
    because: /claims it for inbox; .* claims it for third/,
  },
  {
    name: 'a refused batch names the profiles without fan_out',
    asked: { body: batch('111', '222'), path: '/webhook' },
    outcome: 'mixed-batch',
    platform: 'messenger',
    because: /these have no fan_out: true: other/,
  },
  {
    name: 'a URL check by the sender is answered by gwproxy',
    asked: { body: JSON.stringify({ type: 'url_verification', challenge: 'c', token: 'hush-sent-0001' }) },
    outcome: 'handshake',
    platform: 'slack',
    because: /gwproxy itself answers 200/,
  },
  {
    name: 'an unclaimed key',
    asked: { body: event('T0BBBBBBB2', 'A0BBBBBBB2') },
    outcome: 'unmatched',
    platform: 'slack',
    because: /no slack route claims the bot that it names; the answer is 200/,
    claim: 'routes: [{ slack: { team: T0BBBBBBB2, app: A0BBBBBBB2 } }]',
  },
  {
    name: 'an unclaimed secret',
    asked: { method: 'POST', headers: ['X-Telegram-Bot-Api-Secret-Token: hush-sent-0001'] },
    outcome: 'unmatched',
    platform: 'telegram',
    because: /404$/,
    claim: `routes: [{ telegram: { secret_token: '\${SECRET_TOKEN}' } }]`,
  },
  {
    name: 'the claim names the path whose routes decided',
    asked: { path: '/gitlab', headers: ['X-Gitlab-Token: hush-sent-0001'] },
    outcome: 'unmatched',
    platform: 'custom',
    because: /404$/,
    claim: `routes: [{ path: "/gitlab", header: { name: x-gitlab-token, value: '\${X_GITLAB_TOKEN}' } }]`,
  },
  {
    name: 'a sender without a route',
    asked: { headers: ['X-GitHub-Event: push', 'X-GitHub-Hook-ID: 42'], body: '{}' },
    outcome: 'unmatched',
    platform: 'github',
    because: /github sent it, and the config has no github route; the answer is 404/,
    claim: 'routes: [{ github: { hook: 42 } }]',
  },
  {
    name: 'a path at which no listener is public',
    asked: { body: batch('333'), path: '/elsewhere' },
    outcome: 'unmatched',
    platform: 'messenger',
    because: /but none of its listeners is public at this path; the answer is 404/,
  },
  {
    name: 'a key with two values',
    asked: { body: '{"recipient":{"id":"1"},"recipient":{"id":"2"}}' },
    outcome: 'ambiguous',
    platform: null,
    because: /^GWPROXY_AMBIGUOUS_KEY: /,
  },
  {
    name: 'a compressed body',
    asked: { body: '{}', headers: ['Content-Encoding: gzip'] },
    outcome: 'refused',
    platform: null,
    because: /^GWPROXY_ENCODING: /,
  },
  {
    name: 'a request head that the door refuses',
    asked: { path: '/a/../b' },
    outcome: 'refused',
    platform: null,
    because: /^GWPROXY_REQUEST_INVALID: a dot segment in the path/,
  },
  {
    name: 'no sender recognises the request',
    asked: {},
    outcome: 'unmatched',
    platform: null,
    because: /no sender recognises it, and no route claims its host and path; the answer is 404/,
  },
];

for (const { name, asked, outcome, platform, targets = [], because, claim = null } of CASES) {
  test(`explain: ${name}`, async () => {
    const told = explained(await ask(asked, ['--json']));
    assert.equal(told.outcome, outcome, told.because);
    assert.equal(told.platform, platform);
    assert.deepEqual(
      told.targets.map(({ profile, listener }) => `${profile} ${listener}`),
      targets,
    );
    assert.match(told.because, because);
    assert.equal(told.claim, claim);
    await ask(asked, []);
  });
}

test('explain says where each key was found, and what its route beats', async () => {
  const text = await ask({ body: event('T0AAAAAAA1', 'A0AAAAAAA1'), path: '/slack/events' }, []);
  assert.match(text, /^outcome +match: inbox, listener hooks$/m);
  assert.match(text, /^found +team T0AAAAAAA1 in json \/team_id$/m);
  assert.match(text, /^found +app A0AAAAAAA1 in json \/api_app_id$/m);
  assert.match(
    text,
    /^beats +\S*gwproxy\.yaml:\d+:\d+ \(slack team T0AAAAAAA1\) of other: it names fewer fields$/m,
  );
});

test('explain names the nearest route and the reason why it does not match', async () => {
  const text = await ask({ body: event('T0AAAAAAA9', 'A0AAAAAAA1') }, []);
  assert.match(text, /^nearest +.* of inbox: it requires team T0AAAAAAA1, and the request has T0AAAAAAA9$/m);
});

test('explain says that the app was read from the token in the Authorization header', async () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'none' })}.${part({ aud: APP })}.c2ln`;
  const body = JSON.stringify({
    type: 'message',
    channelId: 'directline',
    recipient: { id: 'bot@invented' },
  });
  const asked = { body, path: '/api/messages', headers: [`Authorization: Bearer ${token}`] };
  assert.match(
    await ask(asked, []),
    new RegExp(`^found +app "${APP}" in the token in header authorization$`, 'm'),
  );
});

test('explain refuses a malformed header and a missing file', async () => {
  const config = join(folder, 'gwproxy.yaml');
  const header = await runCli(['explain', '--header', 'hush-sent-0001', '-c', config]);
  assert.equal(header.code, 2);
  assert.doesNotMatch(header.stderr, /hush/);
  assert.equal((await runCli(['explain', join(folder, 'none'), '-c', config])).code, 2);
});

test('urls prints each URL with the portal field that takes it', async () => {
  const config = join(folder, 'gwproxy.yaml');
  const { code, stdout, stderr } = await runCli(['urls', '-c', config]);
  assert.equal(code, 0, stderr);
  assert.match(
    stdout,
    /^inbox +slack +https:\/\/bots\.example\.com\/slack\/events +Event Subscriptions: Request URL$/m,
  );
  assert.match(stdout, /^inbox +bot-framework +https:\/\/bots\.example\.com\/api\/messages +Azure Bot/m);
  assert.match(stdout, /^third +messenger +https:\/\/bots\.example\.com\/webhook +.*Callback URL/m);
  assert.match(stdout, /^third +- +https:\/\/bots\.example\.com\/p\/third\/webhook +any sender$/m);
  assert.match(stdout, /^inbox +custom +https:\/\/bots\.example\.com\/gitlab +/m);
  for (const secret of SECRETS) assert.ok(!stdout.includes(secret));
});

test('urls without public_url prints local URLs and says so', async () => {
  const file = join(folder, 'local.yaml');
  const route = 'host: one.example.com, slack: { team: T0AAAAAAA1 }';
  writeFileSync(
    file,
    `listen: 127.0.0.1:3978\nprofiles:\n  a:\n    url: http://127.0.0.1:9\n    routes: [{ path: /hooks }, { ${route} }]\n`,
  );
  const { stdout } = await runCli(['urls', '--json', '-c', file]);
  const { public_url, note, urls } = JSON.parse(stdout);
  assert.equal(public_url, null);
  assert.match(note, /public_url is not set/);
  assert.equal(urls[0].url, 'http://127.0.0.1:3978/hooks');
  assert.ok(urls.some(({ url }: { url: string }) => url === 'http://one.example.com/slack/events'));
});

test('validate shows every kind of route but no secret', async () => {
  const file = join(folder, 'kinds.yaml');
  writeFileSync(
    file,
    `listen: 127.0.0.1:0
profiles:
  a:
    url: http://127.0.0.1:9
    fan_out: true
    verify: { telegram: { secret_token: hush-telegram-0001 }, graph: { client_state: hush-verify-0001 } }
    routes:
      - telegram: { secret_token: hush-telegram-0001 }
      - graph: { subscription: 00000000-0000-0000-0000-0000000000aa, client_state: hush-verify-0001 }
      - header: { name: X-Gitlab-Token, value: hush-gitlab-0001 }
        json: { pointer: /account/id, value: hush-sent-0001 }
      - { host: one.example.com, path: /x, strip_prefix: true, fallback: true }
`,
  );
  const text = await runCli(['validate', '-c', file]);
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stdout, /^telegram secret_token \(secret\), fan_out +-> {2}a$/m);
  assert.match(text.stdout, /^header x-gitlab-token \(secret\), json \/account\/id \(secret\), fan_out /m);
  assert.match(text.stdout, /^host one\.example\.com, path \/x \(taken off\), fallback +->/m);
  const json = await runCli(['validate', '--json', '-c', file]);
  const { routes, profiles } = JSON.parse(json.stdout);
  assert.match(text.stdout, /^a +run elsewhere +main:9 +always +telegram, graph +spool$/m);
  assert.deepEqual([profiles[0].verify, profiles[0].delivery], [['telegram', 'graph'], 'spool']);
  assert.deepEqual(routes[1].fields, {
    subscription: ['00000000-0000-0000-0000-0000000000aa'],
    client_state: ['(secret)'],
  });
  assert.deepEqual(
    [routes[3].host, routes[3].path, routes[3].strip_prefix, routes[3].fallback, routes[3].fan_out],
    ['one.example.com', '/x', true, true, true],
  );
  for (const secret of SECRETS) assert.ok(!(text.stdout + json.stdout).includes(secret));
});
