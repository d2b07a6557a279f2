import assert from 'node:assert/strict';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runCli, startGwproxy } from '../support/cli.ts';
import { type Answer, fakeProgram } from '../support/fake-program.ts';
import { fixture } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

const LINUX = { skip: process.platform !== 'linux' && 'systemd is Linux alone' };

/** A config `bots/gwproxy.yaml`, and a fake systemctl that answers as the test says; by default no unit is active. */
async function place(t: TestContext, answer: Answer = inactive, profile = '') {
  const folder = await temporaryFolder(t);
  const config = join(folder, 'bots', 'gwproxy.yaml');
  await mkdir(dirname(config));
  await writeFile(
    config,
    `listen: 127.0.0.1:0\nprofile_paths: true\nprofiles:\n  one:\n    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]\n    env: { BOT_NAME: one }\n    stop: { drain: 40s, grace: 20s }\n${profile}`,
  );
  const systemctl = await fakeProgram(t, 'systemctl', answer);
  const env = {
    PATH: `${systemctl.folder}:${process.env['PATH']}`,
    XDG_CONFIG_HOME: join(folder, 'config'),
    GWPROXY_STATE_DIR: join(folder, 'state'),
    TOKEN: 'hush',
  };
  const units = join(folder, 'config', 'systemd', 'user');
  return {
    config,
    env,
    units,
    calls: systemctl.calls,
    run: (...args: string[]) => runCli(['service', ...args, '-c', config], env),
    /** The one unit that lies there. */
    async unit() {
      const [name = '', ...others] = await readdir(units);
      assert.deepEqual(others, []);
      return { name: name.replace(/\.service$/, ''), file: join(units, name) };
    },
  };
}

/** A variable reference in a config. */
function reference(name: string): string {
  return `\${${name}}`;
}

function inactive(args: readonly string[]) {
  return args.includes('is-active') ? { code: 3 } : undefined;
}

test('install writes the unit, reloads systemd, and enables and starts the unit', LINUX, async (t) => {
  const { run, calls, unit } = await place(t);
  const { code, stdout, stderr } = await run('install');
  assert.equal(code, 0, stderr);
  const { name, file } = await unit();
  assert.match(name, /^gwproxy-bots-[0-9a-f]{8}$/);
  assert.deepEqual(calls, [
    ['--user', 'show', '--property=Version'],
    ['--user', 'daemon-reload'],
    ['--user', 'is-active', '--quiet', name],
    ['--user', 'enable', '--now', name],
  ]);
  assert.ok(stdout.includes(`${file} is written`));
  assert.ok(stdout.includes(`journalctl --user -u ${name} -f`));
  assert.ok(stdout.includes('loginctl enable-linger'));
  const text = await readFile(file, 'utf8');
  assert.ok(!text.includes('hush'));
  assert.match(text, /^TimeoutStopSec=70$/m);
  assert.equal(text, (await run('print')).stdout);
});

test(
  'install once more changes nothing, and a unit that changed is for the next restart',
  LINUX,
  async (t) => {
    let active = false;
    const { run, calls, unit, config } = await place(t, (args) => (active ? undefined : inactive(args)));
    await run('install');
    const { name } = await unit();
    active = true;
    const again = await run('install');
    assert.equal(again.code, 0);
    assert.ok(again.stdout.includes('is up to date'));
    assert.ok(again.stdout.includes(`${name} is running`));
    assert.deepEqual(calls.at(-1), ['--user', 'enable', name]);

    await writeFile(config, (await readFile(config, 'utf8')).replace('40s', '90s'));
    const changed = await run('install');
    assert.ok(changed.stdout.includes('is updated'));
    assert.ok(changed.stdout.includes(`until \`systemctl --user restart ${name}\``));
  },
);

test('uninstall stops the unit and removes it; a second uninstall changes nothing', LINUX, async (t) => {
  const { run, calls, unit, units } = await place(t);
  await run('install');
  const { name } = await unit();
  const done = await run('uninstall');
  assert.equal(done.code, 0, done.stderr);
  assert.deepEqual(await readdir(units), []);
  assert.deepEqual(calls.slice(-2), [
    ['--user', 'disable', '--now', name],
    ['--user', 'daemon-reload'],
  ]);
  const again = await run('uninstall');
  assert.equal(again.code, 0);
  assert.ok(again.stdout.includes(`${name} is not installed`));
});

test(
  'with a socket, install writes and starts both units, and uninstall takes both away',
  LINUX,
  async (t) => {
    const { run, calls, units, config } = await place(t);
    const free = await run('install', '--socket');
    assert.equal(free.code, 1);
    assert.match(
      free.stderr,
      /a socket unit needs an address and a port in `listen:`, .* not 127\.0\.0\.1:0/,
    );
    assert.deepEqual(calls, []);
    await writeFile(config, (await readFile(config, 'utf8')).replace('127.0.0.1:0', '127.0.0.1:3978'));

    const installed = await run('install', '--socket');
    assert.equal(installed.code, 0, installed.stderr);
    const [service = '', socket = '', ...others] = (await readdir(units)).sort();
    assert.deepEqual(others, []);
    const name = service.replace(/\.service$/, '');
    assert.equal(socket, `${name}.socket`);
    assert.deepEqual(calls.at(-1), ['--user', 'enable', '--now', socket, name]);
    assert.match(installed.stdout, /listens on 127\.0\.0\.1:3978 even after `gwproxy down`/);
    const texts = await Promise.all([service, socket].map((file) => readFile(join(units, file), 'utf8')));
    assert.match(texts[0] ?? '', new RegExp(`^Requires=${socket}$`, 'm'));
    assert.match(texts[1] ?? '', /^ListenStream=127\.0\.0\.1:3978$/m);
    const { stdout: printed } = await run('print', '--socket');
    assert.equal(printed, `# ${service}\n${texts[0]}\n# ${socket}\n${texts[1]}`);

    const removed = await run('uninstall');
    assert.equal(removed.code, 0, removed.stderr);
    assert.deepEqual(calls.slice(-2), [
      ['--user', 'disable', '--now', socket, name],
      ['--user', 'daemon-reload'],
    ]);
    assert.deepEqual(await readdir(units), []);
  },
);

test('installing again without --socket removes the socket unit', LINUX, async (t) => {
  const { run, calls, unit, config } = await place(t);
  await writeFile(config, (await readFile(config, 'utf8')).replace('127.0.0.1:0', '127.0.0.1:3978'));
  await run('install', '--socket');
  const { code, stderr } = await run('install');
  assert.equal(code, 0, stderr);
  const { name, file } = await unit();
  assert.doesNotMatch(await readFile(file, 'utf8'), /\.socket/);
  const disabled = ['--user', 'disable', '--now', `${name}.socket`];
  assert.ok(calls.some((call) => call.join() === disabled.join()));
});

test('a unit that gwproxy did not write is neither overwritten nor removed', LINUX, async (t) => {
  const { run, unit } = await place(t);
  await run('install');
  const { file } = await unit();
  await writeFile(file, '[Service]\nExecStart=/bin/true\n');
  for (const action of ['install', 'uninstall']) {
    const { code, stderr } = await run(action);
    assert.equal(code, 1);
    assert.match(stderr, /was not written by gwproxy/);
  }
  assert.equal(await readFile(file, 'utf8'), '[Service]\nExecStart=/bin/true\n');
});

test(
  'where systemd does not answer nothing is written, and it is said what to do instead',
  LINUX,
  async (t) => {
    const { run, units } = await place(t, () => ({ code: 1, stderr: 'Failed to connect to bus' }));
    const { code, stderr } = await run('install');
    assert.equal(code, 1);
    assert.match(stderr, /systemd does not answer here, so nothing is installed: Failed to connect to bus/);
    assert.match(stderr, /docker run --init/);
    assert.match(stderr, /gwproxy up --detach -c \S+gwproxy\.yaml/);
    await assert.rejects(access(units), { code: 'ENOENT' });
    const { config } = await place(t);
    const none = await runCli(['service', 'uninstall', '-c', config], { PATH: '/nowhere' });
    assert.equal(none.code, 1);
    assert.match(none.stderr, /the program systemctl is not installed/);
  },
);

test('a service that does not start exits with 70 and names its log', LINUX, async (t) => {
  const { run } = await place(t, (args) => {
    if (args.includes('--now')) return { code: 1, stderr: 'Job for it failed' };
    return inactive(args);
  });
  const { code, stderr } = await run('install');
  assert.equal(code, 70);
  assert.match(stderr, /did not start: Job for it failed\nits log: journalctl --user -u gwproxy-bots-/);
});

test('install leaves a gwproxy that was started by hand running', LINUX, async (t) => {
  const { run, calls, config, env } = await place(t);
  await startGwproxy(t, config, env);
  const { code, stdout } = await run('install');
  assert.equal(code, 0);
  assert.match(stdout, /started by hand goes on running; gwproxy-bots-[^ ]+ takes over at the next boot/);
  assert.ok(!calls.flat().includes('--now'));
});

test(
  'a config that needs this shell’s variables is refused, since the service has none',
  LINUX,
  async (t) => {
    const missing = await place(t, inactive, `    env_file: "${reference('TOKEN')}.env"\n`);
    await writeFile(join(dirname(missing.config), 'hush.env'), 'A=1\n');
    const { code, stderr } = await missing.run('install');
    assert.equal(code, 78);
    assert.match(
      stderr,
      /valid in this shell, but not for a service: a service gets only PATH, .*; write the others into an env_file/,
    );
    assert.deepEqual(missing.calls, []);

    const other = await place(t, inactive, `    cwd: "${reference('TOKEN:-.')}"\n`);
    await mkdir(join(dirname(other.config), 'hush'));
    const warned = await other.run('print');
    assert.equal(warned.code, 0, warned.stderr);
    assert.match(
      warned.stderr,
      /^warning: these profiles will differ from what they are in this shell: one; a service gets only PATH/m,
    );
  },
);

test('wrong usage ends with 2', async (t) => {
  const { run } = await place(t);
  assert.equal((await run('start')).code, 2);
});

test('print --system prints a system unit that runs as the current user', LINUX, async (t) => {
  const { config, env } = await place(t);
  const args = ['service', 'print', '--system', '-c', config];
  const own = await runCli(args, env);
  assert.match(own.stdout, /^User=\S+$/m);
  const nobody = await runCli(args, { ...env, SUDO_USER: 'nobody' });
  assert.match(nobody.stdout, /^User=nobody$/m);
  const none = await runCli(args, { ...env, SUDO_USER: 'no-such-account' });
  assert.equal(none.code, 1);
  assert.match(none.stderr, /the account in SUDO_USER cannot be used: user 'no-such-account' is unknown/);
});
