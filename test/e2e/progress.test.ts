import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseStatus } from '../../src/admin/status.ts';
import { cleanUpAfter } from '../support/clean-up.ts';
import { type Env, runCli } from '../support/cli.ts';
import { fixture } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';
import { runOnTerminal } from '../support/terminal.ts';

const ECHO = `${process.execPath} ${fixture('echo-gateway.mjs')}`;

/** Three profiles: `fast`; `gated`, which serves once `open()` was called; and `broken`, which exits with code 3. */
async function place(t: TestContext) {
  const folder = await temporaryFolder(t);
  const gate = join(folder, 'gate');
  const config = join(folder, 'gwproxy.yaml');
  const env: Env = { GWPROXY_STATE_DIR: join(folder, 'state') };
  const profile = (name: string, script: string) =>
    `  ${name}:\n    command: [sh, -c, '${script}']\n    env: { BOT_NAME: ${name} }\n    restart: { when: never }\n`;
  await writeFile(
    config,
    [
      'listen: 127.0.0.1:0\nprofile_paths: true\nprofiles:\n',
      profile('fast', `exec ${ECHO}`),
      profile('gated', `while ! test -e ${gate}; do sleep 0.05; done; exec ${ECHO}`),
      profile('broken', 'echo "✗ no channel is set"; echo "  set one in bot.json"; exit 3'),
    ].join(''),
  );
  const run = (...args: readonly string[]) => runCli([...args, '-c', config], env);
  cleanUpAfter(t, async () => {
    const { code } = await run('down', '--now');
    assert.ok(code === 0 || code === 69, `down ended with ${code}`);
  });
  return {
    run,
    onTerminal: (...args: readonly string[]) => runOnTerminal(t, [...args, '-c', config], env),
    open: () => writeFile(gate, ''),
    close: () => rm(gate, { force: true }),
    async states() {
      const { profiles } = parseStatus(JSON.parse((await run('status', '--json')).stdout));
      return Object.fromEntries(profiles.map(({ name, state }) => [name, state]));
    },
  };
}

/** The lines that stay on the terminal, without those that were erased or overwritten. */
function lastingLines(shown: string): readonly string[] {
  return shown
    .split('\r\n')
    .map((line) => line.split('\x1b[K').at(-1) ?? '')
    .map((line) => line.replaceAll('\r', ''));
}

if (process.platform === 'linux') {
  test('up -d on a terminal counts the gateways until each is ready or has failed', async (t) => {
    const { onTerminal, open } = await place(t);
    const up = onTerminal('up', '-d');
    // The reason is there while others still start.
    await up.shows('broken has failed: ');
    await up.shows('1 of 3 gateways are ready; waiting for gated (starting)');
    await open();
    assert.equal(await up.ended, 0);
    const lines = lastingLines(up.shown);
    assert.match(lines[0] ?? '', /^listening on http:/);
    assert.match(
      lines[1] ?? '',
      /^broken has failed: exited with code 3: ✗ no channel is set; not restarted/,
    );
    assert.equal(lines[2], '2 of 3 gateways are ready; failed: broken');
    assert.match(lines[3] ?? '', /^next: /);
  });

  test('Ctrl-C during up -d ends the wait, and gwproxy goes on running', async (t) => {
    const { onTerminal, open, states } = await place(t);
    const up = onTerminal('up', '-d');
    await up.shows('waiting for gated (starting)');
    up.type('\x03');
    assert.equal(await up.ended, 130);
    assert.match(up.shown, /gwproxy goes on in the background \(pid \d+\)[^\r\n]*\r\n/);
    await open();
    assert.equal((await states())['fast'], 'ready');
  });

  test('restart on a terminal shows the gateways it waits for, and how many are ready in the end', async (t) => {
    const { run, onTerminal, open, close } = await place(t);
    await open();
    assert.equal((await run('up', '-d', 'fast', 'gated')).code, 0);
    assert.equal((await run('start', 'fast', 'gated')).code, 0);
    await close();
    const restart = onTerminal('restart', 'fast', 'gated');
    await restart.shows('1 of 2 gateways are ready; waiting for gated (starting)');
    await open();
    assert.equal(await restart.ended, 0);
    assert.deepEqual(lastingLines(restart.shown), [
      'fast restarted',
      'gated restarted',
      '2 of 2 gateways are ready',
      '',
    ]);
  });

  test('Ctrl-C during a rolling restart names the gateway that goes on and those that are not restarted', async (t) => {
    const { run, onTerminal, open, close } = await place(t);
    await open();
    assert.equal((await run('up', '-d', 'fast', 'gated')).code, 0);
    assert.equal((await run('start', 'fast', 'gated')).code, 0);
    await close();
    const restart = onTerminal('restart', '--rolling', 'gated', 'fast');
    await restart.shows('waiting for gated (starting)');
    restart.type('\x03');
    assert.equal(await restart.ended, 130);
    assert.match(restart.shown, /goes on restarting gated without this command; not restarted: fast\r\n/);
    await open();
    assert.equal((await run('start', 'gated')).code, 0);
  });
}

test('without a terminal restart prints a line for each gateway and failure, without control characters', async (t) => {
  const { run, open } = await place(t);
  await open();
  const up = await run('up', '-d');
  assert.equal(up.code, 0);
  assert.equal(up.stderr, '');
  assert.doesNotMatch(up.stdout, /\p{Cc}(?<!\n)/u);
  assert.equal((await run('start', 'fast', 'gated')).code, 0);

  const restart = await run('restart', 'fast', 'broken', 'gated');
  assert.equal(restart.code, 70);
  assert.deepEqual(restart.stdout.split('\n').sort(), ['', 'fast restarted', 'gated restarted']);
  assert.match(restart.stderr, /^2 of 3 gateways are ready; failed: broken \(exited with code 3\b.*\)\n$/);

  const rolling = await run('restart', '--rolling', 'fast', 'broken', 'gated');
  assert.equal(rolling.code, 70);
  assert.equal(rolling.stdout, 'fast restarted\n');
  assert.match(rolling.stderr, /^1 of 3 gateways are ready; failed: broken \(.*\); not restarted: gated\n$/);
});
