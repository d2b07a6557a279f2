import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { runCli, startGwproxy } from '../support/cli.ts';
import { fixture } from '../support/root.ts';
import { activity, post, slackEvent } from '../support/senders.ts';

const SIGNING = 'hush-signing-0001';
const TOKEN = 'hush-telegram-0001';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gwproxy-unmatched-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('unmatched requests are listed with the line that would claim them, until they are cleared', async (t) => {
  const config = join(folder, 'gwproxy.yaml');
  const state = join(folder, 'state');
  writeFileSync(
    config,
    `listen: 127.0.0.1:0
profiles:
  one:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: one }
    routes:
      - slack: { team: T0AAAAAAA1 }
      - bot_framework: { app: 00000000-0000-0000-0000-000000000001 }
      - telegram: { secret_token: another-token-0001 }
`,
  );
  const gwproxy = await startGwproxy(t, config, { GWPROXY_STATE_DIR: state });
  const show = async (...more: string[]) => {
    const ran = await runCli(['unmatched', ...more, '-c', config], { GWPROXY_STATE_DIR: state });
    assert.equal(ran.code, 0, ran.stderr);
    assert.doesNotMatch(ran.stdout + ran.stderr, /hush|private words|another-token/);
    return ran.stdout;
  };
  const stranger = slackEvent({
    secret: SIGNING,
    team: 'T0BBBBBBB2',
    app: 'A0BBBBBBB2',
    text: 'private words',
  });
  assert.equal((await post(gwproxy.url, stranger)).status, 200);
  assert.equal((await post(gwproxy.url, stranger)).status, 200);
  const lost = activity({ app: '00000000-0000-0000-0000-0000000000FF', text: 'private words' });
  assert.equal((await post(gwproxy.url, lost)).status, 404);
  // Some bots have their token in their webhook's path.
  const hidden = { path: `/telegram/1234567890:AA${TOKEN}0hush0hush/hook?hush=1` };
  const update = { ...hidden, headers: { 'X-Telegram-Bot-Api-Secret-Token': TOKEN }, body: '{}' };
  assert.equal((await post(gwproxy.url, update)).status, 404);

  const strayed = await post(gwproxy.url, { ...hidden, headers: {}, body: '' });
  assert.equal(strayed.status, 404);
  assert.doesNotMatch(strayed.text, /hush/);
  for (const type of ['door.unmatched', 'door.refused']) {
    const line = await gwproxy.waitFor(type, (one) => one.type === type && /telegram/.test(String(one.path)));
    assert.match(String(line.path), /^\/telegram\/#[\w-]{16}\/hook$/);
    assert.doesNotMatch(JSON.stringify(line), /hush/);
  }

  const { unmatched } = JSON.parse(await show('--json'));
  assert.deepEqual(
    unmatched.map((entry: { platform: string; count: number; claim: string }) => [
      entry.platform,
      entry.count,
      entry.claim,
    ]),
    [
      ['telegram', 1, `routes: [{ telegram: { secret_token: '\${SECRET_TOKEN}' } }]`],
      ['bot-framework', 1, 'routes: [{ bot_framework: { app: "00000000-0000-0000-0000-0000000000ff" } }]'],
      ['slack', 2, 'routes: [{ slack: { team: T0BBBBBBB2, app: A0BBBBBBB2 } }]'],
    ],
  );
  assert.deepEqual(unmatched[0].secrets, ['secret_token']);
  assert.match(unmatched[0].fields.secret_token, /^#/);
  assert.match(unmatched[2].first_seen, /^\d{4}-\d\d-\d\dT/);

  const text = await show('--clear');
  assert.match(
    text,
    /^slack {2}team T0BBBBBBB2, app A0BBBBBBB2 {2}at \/slack\/events {2}2 times, last \d+s ago$/m,
  );
  assert.match(text, /^ +routes: \[\{ telegram: .*# secret_token: gwproxy does not store the value/m);
  assert.match(text, /^cleared: 3$/m);
  assert.equal(await show(), 'every request so far was claimed by a profile\n');
});
