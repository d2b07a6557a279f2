import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Gwproxy, isAlive, startGwproxy } from '../support/cli.ts';
import { root } from '../support/root.ts';
import { post } from '../support/senders.ts';
import { listenOn } from '../support/sockets.ts';
import { hermesEnv, holders, loggedBy, mark, message, PROFILES, ping } from './hermes-profile.ts';
import { createModel, MODEL_ANSWER } from './loopback-model.ts';

const CONFIG = join(root, 'examples', 'hermes', 'gwproxy.yaml');
/** As written into the profiles by scripts/setup-hermes.sh. */
const MODEL_PORT = 18_699;
const NO_TOKEN = { detail: 'missing bearer token' };

async function pids(gwproxy: Gwproxy): Promise<Record<string, number | null>> {
  const { profiles } = await gwproxy.status();
  return Object.fromEntries(profiles.map(({ name, pid }) => [name, pid]));
}

test('four real Hermes gateways behind one port', async (t) => {
  await listenOn(t, createModel(), MODEL_PORT);
  const began = Date.now();
  const gwproxy = await startGwproxy(t, CONFIG, hermesEnv());

  await t.test('all four become ready', async (t) => {
    await Promise.all(PROFILES.map(({ name }) => gwproxy.ready(name)));
    t.diagnostic(`four gateways ready ${Date.now() - began} ms after gwproxy was started`);
    for (const profile of (await gwproxy.status()).profiles) {
      assert.equal(profile.state, 'ready');
      assert.deepEqual(
        profile.listeners.map(({ name, ready }) => [name, ready]),
        [
          ['messages', true],
          ['webhook', true],
          ['api', true],
        ],
      );
      const ports = profile.listeners.map(({ name, port }) => `${name} ${port}`).join(', ');
      t.diagnostic(`${profile.name}: ${profile.state}, pid ${profile.pid}, ${ports}`);
    }
  });

  await t.test('each accepts a signed webhook under its own path, and works on it', async (t) => {
    const turns = PROFILES.map(async (profile) => {
      const marked = mark(profile);
      const answer = await post(gwproxy.url, ping(profile, marked));
      assert.equal(answer.status, 202, answer.text);
      assert.equal(JSON.parse(answer.text).delivery_id, marked);
      assert.deepEqual(await loggedBy(`delivery=${marked}`), [profile.name]);
      const reply = `Response for webhook:ping:${marked}: ${MODEL_ANSWER}`;
      assert.deepEqual(await loggedBy(reply), [profile.name]);
      return `POST /p/${profile.name}/webhooks/ping: 202; its turn is in the log of ${profile.name} alone`;
    });
    for (const shown of await Promise.all(turns)) t.diagnostic(shown);
  });

  await t.test("an activity reaches its app's gateway and no other", async (t) => {
    for (const profile of PROFILES) {
      const marked = mark(profile);
      const answer = await post(gwproxy.url, message(profile, marked));
      assert.deepEqual([answer.status, JSON.parse(answer.text)], [401, NO_TOKEN]);
      assert.deepEqual(await loggedBy(`conv=${marked}`), [profile.name]);
      t.diagnostic(`activity for ${profile.app}: 401 ${answer.text}, logged by ${profile.name} alone`);
    }
  });

  await t.test('nothing else is reachable through the public port', async (t) => {
    const stranger = { name: 'nobody', app: '00000000-0000-0000-0000-0000000000ff' };
    const marked = mark(stranger);
    const unclaimed = await post(gwproxy.url, message(stranger, marked));
    assert.equal(unclaimed.status, 404);
    assert.equal(JSON.parse(unclaimed.text).code, 'GWPROXY_NO_ROUTE');
    for (const path of [
      '/p/inbox-triage/v1/models',
      '/p/inbox-triage/health',
      '/p/inbox-triage/healthz',
      '/p/nobody/webhooks/ping',
      '/v1/models',
      '/webhooks/ping',
      '/',
    ]) {
      const answer = await post(gwproxy.url, {
        path: `${path}?${marked}`,
        headers: { 'Content-Type': 'text/plain' },
        body: '',
      });
      assert.equal(answer.status, 404, `${path}: ${answer.text}`);
      assert.equal(JSON.parse(answer.text).code, 'GWPROXY_NO_ROUTE');
      t.diagnostic(`POST ${path}: 404 by gwproxy`);
    }
    // A gateway logs the conversation of each activity and the target of each other request.
    assert.deepEqual(await holders(marked), []);
  });

  await t.test('requests for a killed gateway are held and answered, the others untouched', async (t) => {
    const [victim, ...siblings] = PROFILES;
    assert.ok(victim !== undefined);
    const before = await pids(gwproxy);
    const pid = before[victim.name];
    assert.ok(typeof pid === 'number');

    process.kill(pid, 'SIGKILL');
    await gwproxy.waitFor('its end', (line) => line.type === 'gateway.exit' && line.profile === victim.name);
    const killed = Date.now();
    const held = [
      message(victim, mark(victim)),
      message(victim, mark(victim)),
      ping(victim, mark(victim)),
    ].map(async (sending) => {
      const answer = await post(gwproxy.url, sending);
      return { path: sending.path, status: answer.status, text: answer.text, after: Date.now() - killed };
    });
    const others = await Promise.all(
      siblings.map((profile) => post(gwproxy.url, message(profile, mark(profile)))),
    );
    const othersAfter = Date.now() - killed;
    assert.deepEqual(
      others.map(({ status }) => status),
      siblings.map(() => 401),
    );
    const answers = await Promise.all(held);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [401, 401, 202],
      JSON.stringify(answers),
    );
    assert.ok(answers.every(({ after }) => after > othersAfter));
    t.diagnostic(`the other three answered ${othersAfter} ms after ${victim.name} (pid ${pid}) was killed`);
    for (const { path, status, after } of answers) t.diagnostic(`held ${path}: ${status} after ${after} ms`);

    await gwproxy.ready(victim.name, 2);
    const after = await pids(gwproxy);
    assert.notEqual(after[victim.name], pid);
    assert.deepEqual({ ...after, [victim.name]: pid }, before);
    t.diagnostic(`${victim.name}: pid ${pid} then ${after[victim.name]}; the others keep theirs`);
  });

  await t.test('SIGTERM ends all of them', async (t) => {
    const running = Object.values(await pids(gwproxy)).filter((pid) => pid !== null);
    assert.equal(running.length, 4);
    const stopping = Date.now();
    assert.equal(await gwproxy.stop(), 0);
    assert.deepEqual(running.filter(isAlive), []);
    t.diagnostic(`gwproxy ended with code 0 after ${Date.now() - stopping} ms, and no gateway is left`);
  });
});
