import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Gwproxy, isAlive, runNode, startGwproxy } from '../support/cli.ts';
import { root } from '../support/root.ts';
import { activity, post, slackEvent, slackForm } from '../support/senders.ts';
import { listen, temporaryFolder } from '../support/sockets.ts';

const CONFIG = join(root, 'examples', 'quickstart', 'gwproxy.yaml');
const RUN = join(root, 'examples', 'quickstart', 'run.js');
const SECRET = 'invented-signing-secret';
const TEAM = 'T0AAAAAAA1';
const APP = '00000000-0000-0000-0000-000000000001';

function mention(text: string, team: string = TEAM) {
  return slackEvent({ secret: SECRET, team, app: 'A0AAAAAAA1', text });
}

async function startBoth(t: Parameters<typeof startGwproxy>[0]): Promise<Gwproxy> {
  const gwproxy = await startGwproxy(t, CONFIG);
  await Promise.all([gwproxy.ready('slack-bot'), gwproxy.ready('teams-bot')]);
  return gwproxy;
}

/** The number of requests that the door has passed to each profile. */
async function requests(gwproxy: Gwproxy): Promise<Record<string, number>> {
  const { profiles } = await gwproxy.status();
  return Object.fromEntries(profiles.map((profile) => [profile.name, profile.requests]));
}

describe('the quickstart', () => {
  test('runs from start to stop and says which bot answered', async (t) => {
    const { code, stdout, stderr } = await runNode([RUN], {
      GWPROXY_PORT: '0',
      GWPROXY_STATE_DIR: await temporaryFolder(t),
    });
    assert.equal(code, 0, stdout + stderr);
    for (const said of [
      /gwproxy listens on http:\/\/127\.0\.0\.1:\d+/,
      /slack-bot is ready/,
      /teams-bot is ready/,
      /200 accepted/,
      /200 slack-bot says hello to ada/,
      /401 slack-bot refused it/,
      /200 teams-bot heard: good morning/,
      /404 gwproxy refused it/,
      /slack-bot \| mentioned by U0AAAAAAA9: hello/,
      /All stopped/,
    ]) {
      assert.match(stdout, said);
    }
    t.diagnostic(stdout);
  });

  test('reports that its port is in use', async (t) => {
    const port = await listen(t, createServer());
    const { code, stderr } = await runNode([RUN], {
      GWPROXY_PORT: String(port),
      GWPROXY_STATE_DIR: await temporaryFolder(t),
    });
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`${port}`));
    assert.match(stderr, /GWPROXY_PORT/);
  });
});

describe('two real bots behind one port', () => {
  test('a Slack event, a Slack command and an activity each reach their bot', async (t) => {
    const gwproxy = await startBoth(t);

    assert.equal((await post(gwproxy.url, mention('hello'))).status, 200);
    await gwproxy.waitFor(
      'the mention in slack-bot',
      (line) => line.type === 'gateway.output' && line.line === 'mentioned by U0AAAAAAA9: hello',
    );
    const command = await post(
      gwproxy.url,
      slackForm(SECRET, { command: '/hello', team_id: TEAM, api_app_id: 'A0AAAAAAA1', user_name: 'ada' }),
    );
    assert.deepEqual([command.status, command.text], [200, 'slack-bot says hello to ada']);
    const reply = await post(gwproxy.url, activity({ app: APP, text: 'good morning' }));
    assert.equal(reply.status, 200);
    assert.equal(JSON.parse(reply.text).activities[0].text, 'teams-bot heard: good morning');

    assert.deepEqual(await requests(gwproxy), { 'slack-bot': 2, 'teams-bot': 1 });
  });

  test('a Slack event with one byte changed is refused by the bot itself', async (t) => {
    const gwproxy = await startBoth(t);
    const sending = mention('hello');
    const answer = await post(gwproxy.url, { ...sending, body: sending.body.replace('hello', 'hellp') });
    assert.equal(answer.status, 401);
    await gwproxy.waitFor(
      "Bolt's word on the signature",
      (line) => line.profile === 'slack-bot' && /signature mismatch/.test(String(line.line)),
    );
  });

  test('a request that no profile claims reaches no bot', async (t) => {
    const gwproxy = await startBoth(t);

    // 200, or Slack would disable the app for every workspace.
    assert.equal((await post(gwproxy.url, mention('hello', 'T0AAAAAAAF'))).status, 200);
    const stranger = activity({ app: '00000000-0000-0000-0000-0000000000ff', text: 'anyone?' });
    assert.equal((await post(gwproxy.url, stranger)).status, 404);
    const health = await fetch(`${gwproxy.url}/health`);
    assert.equal(health.status, 404);
    await health.body?.cancel();

    for (const platform of ['slack', 'bot-framework']) {
      await gwproxy.waitFor(
        `${platform} unmatched`,
        (line) => line.type === 'door.unmatched' && JSON.stringify(line.attributes).includes(platform),
      );
    }
    assert.deepEqual(await requests(gwproxy), { 'slack-bot': 0, 'teams-bot': 0 });
    assert.deepEqual(gwproxy.output('slack-bot'), []);
    assert.deepEqual(gwproxy.output('teams-bot'), []);
  });

  test('a request for a bot that was killed is held and answered by the next one', async (t) => {
    const gwproxy = await startBoth(t);
    const before = await gwproxy.profile('slack-bot');
    const sibling = await gwproxy.profile('teams-bot');
    assert.ok(before.pid !== null);

    process.kill(before.pid, 'SIGKILL');
    await gwproxy.waitFor(
      "slack-bot's end",
      (line) => line.type === 'gateway.exit' && line.profile === 'slack-bot',
    );
    const answer = await post(
      gwproxy.url,
      slackForm(SECRET, { command: '/hello', team_id: TEAM, api_app_id: 'A0AAAAAAA1', user_name: 'ada' }),
    );
    assert.deepEqual([answer.status, answer.text], [200, 'slack-bot says hello to ada']);

    const after = await gwproxy.profile('slack-bot');
    assert.notEqual(after.pid, before.pid);
    assert.equal(after.restarts, 1);
    assert.equal((await gwproxy.profile('teams-bot')).pid, sibling.pid);
  });

  test('SIGTERM ends gwproxy with code 0 and every bot with it', async (t) => {
    const gwproxy = await startBoth(t);
    const pids = (await gwproxy.status()).profiles.flatMap(({ pid }) => (pid === null ? [] : [pid]));
    assert.equal(pids.length, 2);
    assert.ok(pids.every(isAlive));

    assert.equal(await gwproxy.stop(), 0);

    assert.deepEqual(pids.filter(isAlive), []);
  });
});
