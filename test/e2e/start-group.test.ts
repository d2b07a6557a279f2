import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ProfileStatus, parseStatus } from '../../src/admin/status.ts';
import { cleanUpAfter } from '../support/clean-up.ts';
import { type Env, runCli } from '../support/cli.ts';
import { fixture } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

const ECHO = `exec ${process.execPath} ${fixture('echo-gateway.mjs')}`;
const LONG = 'x'.repeat(300);

/**
 * Profiles of one group: `first` serves once `open()` was called, `second` at once, `third` fails with a long reason,
 * `fourth` ends once with 75.
 */
async function place(t: TestContext) {
  const folder = await temporaryFolder(t);
  const gate = join(folder, 'gate');
  const tried = join(folder, 'tried');
  const config = join(folder, 'gwproxy.yaml');
  const env: Env = { GWPROXY_STATE_DIR: join(folder, 'state') };
  const profile = (name: string, script: string) =>
    `  ${name}:\n    command: [sh, -c, '${script}']\n    env: { BOT_NAME: ${name} }\n`;
  await writeFile(
    config,
    [
      'listen: 127.0.0.1:0\nprofile_paths: true\ndefaults: { start_group: shared }\nprofiles:\n',
      profile('first', `while ! test -e ${gate}; do sleep 0.05; done; ${ECHO}`),
      profile('second', ECHO),
      profile('third', `echo "2026-11-30 02:00:00,001 ERROR bot: no channel ${LONG}" >&2; exit 78`),
      profile('fourth', `if test -e ${tried}; then ${ECHO}; fi; touch ${tried}; echo locked >&2; exit 75`),
    ].join(''),
  );
  const run = (...args: readonly string[]) => runCli([...args, '-c', config], env);
  cleanUpAfter(t, async () => {
    const { code } = await run('down', '--now');
    assert.ok(code === 0 || code === 69, `down ended with ${code}`);
  });
  return {
    run,
    open: () => writeFile(gate, ''),
    async profiles(): Promise<Readonly<Record<string, ProfileStatus>>> {
      const { profiles } = parseStatus(JSON.parse((await run('status', '--json')).stdout));
      return Object.fromEntries(profiles.map((each) => [each.name, each]));
    },
  };
}

test('status says which gateway of its start_group one waits for, and why one of them failed', async (t) => {
  const { run, open, profiles } = await place(t);
  assert.equal((await run('up', '-d')).code, 0);
  const reason = 'waits until first has started, since both are in start_group shared';
  const { second, fourth } = await profiles();
  assert.deepEqual([second?.state, second?.pid, second?.last_error], ['starting', null, reason]);
  assert.equal(fourth?.last_error, reason);
  assert.ok((await run('status')).stdout.includes(reason));
  assert.match((await run('logs', 'gwproxy')).stdout, new RegExp(`second +> starting: ${reason}`));
  // One that waits can be stopped, and then waits no more.
  assert.equal((await run('stop', 'second')).code, 0);

  await open();
  // Its exit with 75 is no failure for whoever waits.
  assert.equal((await run('start', 'fourth')).code, 0);
  const after = await profiles();
  assert.deepEqual(
    ['first', 'second', 'third', 'fourth'].map((name) => after[name]?.state),
    ['ready', 'stopped', 'failed', 'ready'],
  );
  assert.equal(after['fourth']?.restarts, 0);
  const advice = 'not restarted, as its exit_codes say; `gwproxy start third` tries again';
  assert.equal(after['third']?.last_error, `exited with code 78: ERROR bot: no channel ${LONG}; ${advice}`);
  const shown = (await run('status')).stdout;
  assert.match(shown, /exited with code 78: ERROR bot: no channel x+…$/m);
  assert.match(shown, /a last error that ends with … is whole in `gwproxy status --json/);
});
