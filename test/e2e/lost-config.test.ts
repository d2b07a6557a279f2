import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { cleanUpAfter } from '../support/clean-up.ts';
import { runCli } from '../support/cli.ts';
import { fixture, root } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

// What runs is found and ended whatever becomes of its config file.

const CLI = join(root, 'dist', 'cli', 'main.js');
const CONFIG = `listen: 127.0.0.1:0
profiles:
  bot:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: bot }
    routes: [{ path: /bot }]
`;

/** A gwproxy in the background that was started with `current.yaml`, a link to `one.yaml`. */
async function started(t: TestContext) {
  const folder = await temporaryFolder(t);
  const env = { GWPROXY_STATE_DIR: join(folder, 'state') };
  const at = (name: string): string => join(folder, name);
  await writeFile(at('one.yaml'), CONFIG);
  await symlink('one.yaml', at('current.yaml'));
  const run = (...args: readonly string[]) => runCli([...args, '-c', at('current.yaml')], env);
  cleanUpAfter(t, async () => {
    const { code } = await run('down', '--now');
    assert.ok(code === 0 || code === 69 || code === 78, `down ended with ${code}`);
  });
  const up = await run('up', '-d');
  assert.equal(up.code, 0, up.stderr);
  return { at, run, env, folder };
}

/** Every command that only asks the running gwproxy. */
const ASKING: readonly (readonly string[])[] = [
  ['status'],
  ['stop', 'bot'],
  ['start', 'bot'],
  ['restart', 'bot'],
  ['spool'],
  ['unmatched'],
  ['logs', 'bot'],
];

for (const [what, change] of [
  ['renamed', (at: (name: string) => string) => rename(at('one.yaml'), at('old.yaml'))],
  ['broken', (at: (name: string) => string) => writeFile(at('one.yaml'), 'profiles: [')],
  [
    'no longer linked to',
    async (at: (name: string) => string) => {
      await writeFile(at('two.yaml'), CONFIG);
      await rm(at('current.yaml'));
      await symlink('two.yaml', at('current.yaml'));
    },
  ],
  [
    'deleted with its link',
    async (at: (name: string) => string) => {
      await rm(at('current.yaml'));
      await rm(at('one.yaml'));
    },
  ],
] as const) {
  test(`when the config is ${what}, commands find the gwproxy that runs`, async (t) => {
    const { at, run } = await started(t);
    await change(at);
    for (const args of ASKING) {
      const { code, stderr } = await run(...args);
      assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
    }
    if (what === 'no longer linked to') {
      const { code, stderr } = await run('up');
      assert.deepEqual([code, /a gwproxy already runs on this config/.test(stderr)], [73, true]);
    }
    assert.equal((await run('down')).code, 0);
    const again = await run('status');
    const isGone = what === 'renamed' || what === 'deleted with its link';
    assert.equal(again.code, isGone ? 78 : 69, again.stderr);
  });
}

test('doctor says that the config is gone and what runs on', async (t) => {
  const { at, run } = await started(t);
  await rm(at('one.yaml'));
  const { code, stdout } = await run('doctor');
  assert.equal(code, 1);
  assert.match(stdout, /is gone, and the gwproxy that was started with it \(pid \d+\) runs on/);
});

test('commands work in a folder that was removed, with the whole path of the config', async (t) => {
  const { at, env, folder } = await started(t);
  const inRemoved = (args: string) =>
    promisify(execFile)(
      'sh',
      [
        '-c',
        `mkdir ${folder}/removed && cd ${folder}/removed && rmdir ${folder}/removed && exec ${process.execPath} ${CLI} ${args}`,
      ],
      { env: { PATH: process.env['PATH'] ?? '', HOME: folder, ...env } },
    );
  for (const command of ['status', 'logs', 'down']) await inRemoved(`${command} -c ${at('current.yaml')}`);
  await assert.rejects(inRemoved('status'), /the current folder was removed; change to another one/);
});
