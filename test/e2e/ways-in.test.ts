import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runCli, startGwproxy } from '../support/cli.ts';
import { curl } from '../support/curl.ts';
import { fixture } from '../support/root.ts';
import { type Sending, slackEvent } from '../support/senders.ts';

// A profile that verifies Slack, reached by ways that name no sender, at the built command line, by curl.

let folder = '';
let config = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gwproxy-ways-'));
  config = join(folder, 'gwproxy.yaml');
  writeFileSync(
    config,
    `listen: 127.0.0.1:0
profile_paths: true
profiles:
  a:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: a }
    routes:
      - slack: { team: T0AAAAAAA1 }
      - { path: /plain }
      - { host: a.example.com }
      - { path: /header, header: { name: X-Tenant, value: a } }
      - { path: /open, unverified: allow }
    verify: { slack: { signing_secret: right } }
`,
  );
});
after(() => rmSync(folder, { recursive: true, force: true }));

const WAYS: readonly (readonly [target: string, headers: Record<string, string>])[] = [
  ['/slack/events', {}],
  ['/p/a/slack', {}],
  ['/plain/slack', {}],
  ['/slack', { Host: 'a.example.com' }],
  ['/header', { 'X-Tenant': 'a' }],
];

test('an event that Slack did not sign reaches the bot on no way but one that allows it', async (t) => {
  const gwproxy = await startGwproxy(t, config);
  await gwproxy.ready('a');
  const event = (secret: string) => slackEvent({ secret, team: 'T0AAAAAAA1', app: 'A0AAAAAAA1', text: 'hi' });
  const sent = async ({ body, headers }: Sending, target: string, more: Record<string, string>) =>
    (await curl(gwproxy.url, { target, body, headers: { ...headers, ...more } })).status;
  const unsigned = { ...event('right'), headers: { 'Content-Type': 'application/json' } };
  for (const [target, headers] of WAYS) {
    assert.equal(await sent(event('right'), target, headers), 200, target);
    assert.equal(await sent(event('wrong'), target, headers), 401, target);
    assert.equal(await sent(unsigned, target, headers), 401, target);
  }
  assert.equal(await sent(unsigned, '/open/slack', {}), 200);
  assert.equal((await gwproxy.profile('a')).requests, WAYS.length + 1);
});

test('validate lists the routes that allow it', async () => {
  const { stdout } = await runCli(['validate', '-c', config]);
  const listed = stdout.split('\n').filter((line) => line.includes('unverified'));
  assert.equal(listed.length, 1);
  assert.match(listed[0] ?? '', /^path \/open, unverified +-> +a$/);
  const json: unknown = JSON.parse((await runCli(['validate', '--json', '-c', config])).stdout);
  assert.ok(typeof json === 'object' && json !== null && 'routes' in json && Array.isArray(json.routes));
  assert.deepEqual(
    json.routes.map(({ unverified }) => unverified),
    [false, false, false, false, true, false],
  );
});
