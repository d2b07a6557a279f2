import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAlive, runCli, startGwproxy } from '../support/cli.ts';
import { root } from '../support/root.ts';
import { post } from '../support/senders.ts';
import { listenOn, temporaryFolder } from '../support/sockets.ts';
import { hermesEnv, loggedBy, mark, message, PROFILES, ping } from './hermes-profile.ts';
import { createModel } from './loopback-model.ts';

/** As written into the profiles by scripts/setup-hermes.sh. */
const MODEL_PORT = 18_699;

test('a config that `gwproxy init --hermes` wrote runs four real Hermes gateways', async (t) => {
  await listenOn(t, createModel(), MODEL_PORT);
  const config = join(await temporaryFolder(t), 'gwproxy.yaml');
  const written = await runCli(['init', '--hermes', '-c', config], hermesEnv());
  assert.equal(written.code, 0, written.stderr);
  const text = await readFile(config, 'utf8');
  const settings = text.split('\n').filter((line) => /^\s*[a-z]/.test(line));
  assert.deepEqual(settings, [
    'listen: 127.0.0.1:3978',
    'profile_paths: true # /p/<profile>/… reaches that profile, since a webhook does not name one',
    'profiles:',
    ...[...PROFILES]
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap(({ name }) => [`  ${name}:`, '    preset: hermes']),
  ]);
  await writeFile(config, text.replace('127.0.0.1:3978', '127.0.0.1:0'));
  const began = Date.now();
  const gwproxy = await startGwproxy(t, config, hermesEnv());

  await t.test('all four become ready, each listener of theirs', async (t) => {
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
    }
  });

  await t.test('each accepts a signed webhook, and an activity for its app', async (t) => {
    const shown = PROFILES.map(async (profile) => {
      const signed = mark(profile);
      const hook = await post(gwproxy.url, ping(profile, signed));
      assert.deepEqual([hook.status, JSON.parse(hook.text).delivery_id], [202, signed]);
      assert.deepEqual(await loggedBy(`delivery=${signed}`), [profile.name]);

      const said = mark(profile);
      const activity = await post(gwproxy.url, message(profile, said));
      assert.deepEqual(
        [activity.status, JSON.parse(activity.text)],
        [401, { detail: 'missing bearer token' }],
      );
      assert.deepEqual(await loggedBy(`conv=${said}`), [profile.name]);
      return `${profile.name}: webhook ${hook.status}, activity ${activity.status} ${activity.text}`;
    });
    for (const line of await Promise.all(shown)) t.diagnostic(line);
  });

  await t.test('the API of none is public', async () => {
    for (const { name } of PROFILES) {
      const answer = await fetch(`${gwproxy.url}/p/${name}/v1/models`);
      assert.equal(answer.status, 404);
      assert.match(await answer.text(), /GWPROXY_NO_ROUTE/);
    }
  });

  await t.test('SIGTERM ends all of them', async () => {
    const running = (await gwproxy.status()).profiles.flatMap(({ pid }) => (pid === null ? [] : [pid]));
    assert.equal(running.length, PROFILES.length);
    assert.equal(await gwproxy.stop(), 0);
    assert.deepEqual(running.filter(isAlive), []);
  });
});

test('examples/hermes/preset.yaml runs what examples/hermes/gwproxy.yaml writes out', async () => {
  const plans = ['gwproxy.yaml', 'preset.yaml'].map(async (name) => {
    const config = join(root, 'examples', 'hermes', name);
    const { code, stdout, stderr } = await runCli(['validate', '--json', '-c', config], hermesEnv());
    assert.deepEqual([code, stderr], [0, '']);
    return JSON.parse(stdout);
  });
  const [long, short] = await Promise.all(plans);
  assert.deepEqual(short, long);
});
