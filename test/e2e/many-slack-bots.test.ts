import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { startGwproxy } from '../support/cli.ts';
import { root } from '../support/root.ts';
import { post, slackEvent, slackForm } from '../support/senders.ts';

const CONFIG = join(root, 'examples', 'many-slack-bots', 'gwproxy.yaml');
const TEAM = 'T0AAAAAAA1';
const BOTS = [
  { name: 'standup-bot', app: 'A0AAAAAAA1' },
  { name: 'lunch-bot', app: 'A0AAAAAAA2' },
  { name: 'oncall-bot', app: 'A0AAAAAAA3' },
];

test('Slack bots in one workspace are told apart by app', async (t) => {
  const gwproxy = await startGwproxy(t, CONFIG);
  await Promise.all(BOTS.map(({ name }) => gwproxy.ready(name)));

  for (const { name, app } of BOTS) {
    const secret = `invented-secret-of-${name}`;
    const command = { command: '/who', team_id: TEAM, api_app_id: app, user_name: 'ada' };
    // Each bot has a signing secret of its own: the wrong one would answer 401.
    const answer = await post(gwproxy.url, slackForm(secret, command));
    assert.deepEqual([answer.status, answer.text], [200, `${name} answers ada`]);

    const event = slackEvent({ secret, team: TEAM, app, text: `to ${name}` });
    assert.equal((await post(gwproxy.url, event)).status, 200);
    await gwproxy.waitFor(
      `the mention in ${name}`,
      (line) => line.profile === name && line.line === `mentioned by U0AAAAAAA9: to ${name}`,
    );
    assert.equal((await gwproxy.profile(name)).requests, 2);
  }

  const stranger = slackEvent({ secret: 'any', team: TEAM, app: 'A0AAAAAAAF', text: 'anyone?' });
  assert.equal((await post(gwproxy.url, stranger)).status, 200);
  for (const { name } of BOTS) assert.equal((await gwproxy.profile(name)).requests, 2);
});
