import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCli, startGwproxy } from '../support/cli.ts';
import { curl } from '../support/curl.ts';
import { fixture } from '../support/root.ts';
import { slackEvent } from '../support/senders.ts';
import { temporaryFolder } from '../support/sockets.ts';

// Secrets from files of their own, at the built command line.

/** Starts gwproxy in a state folder that the test knows. */
async function start(t: TestContext, profile: string, files: Readonly<Record<string, string>>) {
  const at = await temporaryFolder(t);
  for (const [name, text] of Object.entries(files)) await writeFile(join(at, name), text);
  const file = join(at, 'gwproxy.yaml');
  await writeFile(file, `listen: 127.0.0.1:0\nprofiles:\n  a:\n${profile}`);
  const env = { GWPROXY_STATE_DIR: await temporaryFolder(t) };
  const gwproxy = await startGwproxy(t, file, env);
  await gwproxy.ready('a');
  return { at, file, gwproxy, run: (...args: readonly string[]) => runCli([...args, '-c', file], env) };
}

async function botName(url: string): Promise<unknown> {
  const seen: { readonly bot?: unknown } = JSON.parse((await curl(url, { target: '/a' })).text);
  return seen.bot;
}

test('a changed file of a variable waits for a reload and restarts the gateway; that of verify applies at once', async (t) => {
  const { at, gwproxy, run } = await start(
    t,
    `    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: { file: name } }
    routes: [{ path: /a }, { slack: { team: T0AAAAAAA1 } }]
    verify: { slack: { signing_secret: { file: slack } } }
`,
    { name: 'first-invented-secret\n', slack: 'old-invented-secret\n' },
  );
  assert.equal(await botName(gwproxy.url), 'first-invented-secret');
  const event = async (secret: string) => {
    const sending = slackEvent({ secret, team: 'T0AAAAAAA1', app: 'A0AAAAAAA1', text: 'hi' });
    return (await curl(gwproxy.url, { target: sending.path, ...sending })).status;
  };
  assert.deepEqual([await event('old-invented-secret'), await event('new-invented-secret')], [200, 401]);

  await writeFile(join(at, 'slack'), 'new-invented-secret\n');
  await gwproxy.waitFor('applied', (line) => line.type === 'config.applied');
  assert.deepEqual([await event('old-invented-secret'), await event('new-invented-secret')], [401, 200]);

  await writeFile(join(at, 'name'), 'second-invented-secret\n');
  await gwproxy.waitFor('pending', (line) => line.type === 'config.pending');
  assert.deepEqual((await gwproxy.status()).config_pending, ['a: restarts (env.BOT_NAME)']);
  assert.equal((await run('reload')).stdout, 'a: restarts (env.BOT_NAME)\n');
  await gwproxy.ready('a', 2);
  assert.equal(await botName(gwproxy.url), 'second-invented-secret');
  for (const args of [
    ['status', '--json'],
    ['validate'],
    ['validate', '--json'],
    ['doctor', '--json'],
    ['urls'],
  ]) {
    const { stdout, stderr } = await run(...args);
    assert.doesNotMatch(stdout + stderr, /invented-secret/, args.join(' '));
  }
});

test('doctor names a secret that every user can read', async (t) => {
  const at = await temporaryFolder(t);
  const file = join(at, 'gwproxy.yaml');
  await writeFile(join(at, 'name'), 'invented', { mode: 0o644 });
  await writeFile(
    file,
    `profiles:\n  a: { command: [${process.execPath}], env: { X: { file: name } }, routes: [{ path: /a }] }\n`,
  );
  const { stdout } = await runCli(['doctor', '--json', '-c', file]);
  // The folder of the test is its user's alone, so that nobody can reach the file.
  assert.doesNotMatch(stdout, /every user of this machine can read it/);
  await chmod(at, 0o755);
  const found = await runCli(['doctor', '--json', '-c', file]);
  assert.match(found.stdout, /every user of this machine can read it/);
  assert.match(found.stdout, /chmod 600 [^"]*name/);
});
