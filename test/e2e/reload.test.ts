import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdir, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../faults/support/foreign-server.ts';
import { type Gwproxy, type LogLine, runCli, startGwproxy } from '../support/cli.ts';
import { fixture } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

const gateway = fixture('echo-gateway.mjs');

async function folder(t: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const at = await realpath(await temporaryFolder(t));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(at, name)), { recursive: true });
    await writeFile(join(at, name), text);
  }
  return at;
}

function bot(name: string, path = `/${name}`, more = ''): string {
  return `  ${name}:\n    command: [${process.execPath}, ${gateway}]\n    env: { BOT_NAME: ${name} }\n    routes: [{ path: ${path} }]\n${more}`;
}

function config(...profiles: readonly string[]): string {
  return `listen: 127.0.0.1:0\nprofiles:\n${profiles.join('')}`;
}

/** Starts a gwproxy with a known state folder, so that the test can run commands on it. */
async function start(t: TestContext, file: string, names: readonly string[]) {
  const state = await temporaryFolder(t);
  const env = { GWPROXY_STATE_DIR: state };
  const gwproxy = await startGwproxy(t, file, env);
  await Promise.all(names.map((name) => gwproxy.ready(name)));
  return {
    gwproxy,
    reload: (...more: string[]) => runCli(['reload', '-c', file, ...more], env),
    status: () => runCli(['status', '-c', file], env),
  };
}

async function pids(gwproxy: Gwproxy): Promise<Record<string, number | null>> {
  const { profiles } = await gwproxy.status();
  return Object.fromEntries(profiles.map(({ name, pid }) => [name, pid]));
}

async function statusAt(gwproxy: Gwproxy, path: string): Promise<number> {
  const response = await fetch(gwproxy.url + path);
  await response.arrayBuffer();
  return response.status;
}

/** True for an event of that type that names the change. */
function told(type: string, change: string): (line: LogLine) => boolean {
  return (line) => line.type === type && JSON.stringify(line).includes(change);
}

test('an edited route is applied at once, and every gateway keeps its process', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': config(bot('a'), bot('b')) });
  const file = join(at, 'gwproxy.yaml');
  const { gwproxy } = await start(t, file, ['a', 'b']);
  const before = await pids(gwproxy);
  assert.deepEqual([await statusAt(gwproxy, '/a'), await statusAt(gwproxy, '/new')], [200, 404]);
  await writeFile(file, config(bot('a', '/new'), bot('b')));
  await gwproxy.waitFor('applied', told('config.applied', 'a: changed (routes)'));
  assert.deepEqual([await statusAt(gwproxy, '/a'), await statusAt(gwproxy, '/new')], [404, 200]);
  assert.deepEqual(await pids(gwproxy), before);

  // A half-written save, then a complete save by rename: the mistake is reported, and the next save is applied.
  await writeFile(file, 'listen: 127.0.0.1:0\nprofiles:\n  a: {command: [node\n');
  await gwproxy.waitFor('invalid', (line) => line.type === 'config.invalid');
  assert.match((await gwproxy.status()).config_error ?? '', /^gwproxy\.yaml:\d+:\d+: /);
  assert.equal(await statusAt(gwproxy, '/new'), 200);
  await writeFile(`${file}.tmp`, config(bot('a', '/newer'), bot('b')));
  await rename(`${file}.tmp`, file);
  await gwproxy.waitFor(
    'mended',
    (line) => told('config.applied', 'routes')(line) && line.time !== undefined,
  );
  while ((await gwproxy.status()).config_error !== null) await new Promise((done) => setTimeout(done, 20));
  assert.deepEqual([await statusAt(gwproxy, '/new'), await statusAt(gwproxy, '/newer')], [404, 200]);
  assert.deepEqual(await pids(gwproxy), before);
});

test('a change that would restart a gateway waits for `gwproxy reload`, which restarts only that one', async (t) => {
  const withEnv = bot('a', '/a', '    env_file: a.env\n');
  const at = await folder(t, { 'gwproxy.yaml': config(withEnv, bot('b')), 'a.env': 'TOKEN=old-secret\n' });
  const { gwproxy, reload } = await start(t, join(at, 'gwproxy.yaml'), ['a', 'b']);
  const before = await pids(gwproxy);
  await writeFile(join(at, 'a.env'), 'TOKEN=new-secret\n');
  const line = await gwproxy.waitFor('pending', (each) => each.type === 'config.pending');
  assert.ok(!JSON.stringify(line).includes('secret'));
  assert.deepEqual((await gwproxy.status()).config_pending, ['a: restarts (env.TOKEN)']);
  assert.deepEqual(await pids(gwproxy), before);
  const { code, stdout } = await reload();
  assert.deepEqual([code, stdout], [0, 'a: restarts (env.TOKEN)\n']);
  await gwproxy.ready('a', 2);
  const after = await pids(gwproxy);
  assert.notEqual(after.a, before.a);
  assert.equal(after.b, before.b);
  assert.deepEqual((await gwproxy.status()).config_pending, []);
  assert.equal((await reload()).stdout, 'nothing changed\n');
});

function hooked(name: string, who: string, id: number, more = ''): string {
  return [
    `  ${name}:`,
    `    command: [${process.execPath}, ${gateway}]`,
    `    env: { BOT_NAME: ${who} }`,
    `    routes: [{ github: { hook: ${id} } }]`,
    `    verify: { github: { secret: ${more === '' ? `invented-secret-of-${who}` : `"\${HOOK_SECRET}"`} } }`,
    more,
    '',
  ].join('\n');
}

/** The pid of the gateway that answers a delivery of that hook, or the status of the door's answer. */
async function answeredBy(gwproxy: Gwproxy, id: number, secret: string): Promise<unknown> {
  const body = JSON.stringify({ zen: 'Keep it logically awesome.' });
  const response = await fetch(gwproxy.url, {
    method: 'POST',
    body,
    headers: {
      'Content-Type': 'application/json',
      'X-GitHub-Event': 'ping',
      'X-GitHub-Delivery': '00000000-0000-0000-0000-00000000de11',
      'X-GitHub-Hook-ID': String(id),
      'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    },
  });
  const answer: unknown = await response.json();
  const isBots = typeof answer === 'object' && answer !== null && 'bot' in answer;
  return isBots ? answer.bot : response.status;
}

test('two swapped names: until `gwproxy reload` each webhook goes to its own bot', async (t) => {
  const at = await folder(t, {
    'gwproxy.yaml': config(hooked('a', 'bot-A', 101), hooked('b', 'bot-B', 202)),
  });
  const file = join(at, 'gwproxy.yaml');
  const { gwproxy, reload } = await start(t, file, ['a', 'b']);
  const owners = () =>
    Promise.all([
      answeredBy(gwproxy, 101, 'invented-secret-of-bot-A'),
      answeredBy(gwproxy, 202, 'invented-secret-of-bot-B'),
    ]);
  assert.deepEqual(await owners(), ['bot-A', 'bot-B']);
  await writeFile(file, config(hooked('b', 'bot-A', 101), hooked('a', 'bot-B', 202)));
  await gwproxy.waitFor('pending', (line) => line.type === 'config.pending');
  assert.deepEqual(await owners(), ['bot-A', 'bot-B']);
  assert.deepEqual((await gwproxy.status()).config_pending, [
    'b: restarts (env.BOT_NAME, verify, routes)',
    'a: restarts (env.BOT_NAME, verify, routes)',
  ]);
  await reload();
  await Promise.all([gwproxy.ready('a', 2), gwproxy.ready('b', 2)]);
  assert.deepEqual(await owners(), ['bot-A', 'bot-B']);
});

test('a secret rotated in an env_file is verified with only after its gateway has restarted', async (t) => {
  const at = await folder(t, {
    'gwproxy.yaml': config(hooked('a', 'bot-A', 101, '    env_file: a.env')),
    'a.env': 'HOOK_SECRET=invented-old-secret\n',
  });
  const { gwproxy, reload } = await start(t, join(at, 'gwproxy.yaml'), ['a']);
  const answers = () =>
    Promise.all(['old', 'new'].map((which) => answeredBy(gwproxy, 101, `invented-${which}-secret`)));
  assert.deepEqual(await answers(), ['bot-A', 401]);
  await writeFile(join(at, 'a.env'), 'HOOK_SECRET=invented-new-secret\n');
  await gwproxy.waitFor('pending', told('config.pending', 'a: restarts (env.HOOK_SECRET, verify)'));
  assert.deepEqual(await answers(), ['bot-A', 401]);
  await reload();
  await gwproxy.ready('a', 2);
  assert.deepEqual(await answers(), [401, 'bot-A']);
});

test('a new route saved with a change that would restart a gateway waits too, and status says why', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': config(bot('a'), bot('b')) });
  const file = join(at, 'gwproxy.yaml');
  const { gwproxy, reload, status } = await start(t, file, ['a', 'b']);
  const before = await pids(gwproxy);
  const renamed = bot('a').replace('BOT_NAME: a', 'BOT_NAME: new');
  await writeFile(file, config(renamed, bot('b', '/new'), bot('c')));
  const waiting = ['c: added', 'a: restarts (env.BOT_NAME)', 'b: changed (routes)'];
  const line = await gwproxy.waitFor('pending', (each) => each.type === 'config.pending');
  assert.deepEqual(line.changes, waiting);
  assert.deepEqual((await gwproxy.status()).config_pending, waiting);
  assert.match(
    (await status()).stdout,
    /that is not applied: a: restarts .*\n.*\nnone of .*`gwproxy reload/m,
  );
  assert.deepEqual([await statusAt(gwproxy, '/b'), await statusAt(gwproxy, '/new')], [200, 404]);
  assert.deepEqual((await reload()).stdout.split('\n').filter(Boolean), waiting);
  await Promise.all([gwproxy.ready('a', 2), gwproxy.ready('c')]);
  assert.deepEqual([await statusAt(gwproxy, '/b'), await statusAt(gwproxy, '/new')], [404, 200]);
  const { b } = await pids(gwproxy);
  assert.equal(b, before.b);
});

test('a pending change is forgotten when it is reverted or becomes invalid', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': config(bot('a'), bot('b')) });
  const file = join(at, 'gwproxy.yaml');
  const { gwproxy } = await start(t, file, ['a', 'b']);
  const before = await pids(gwproxy);
  const pending = async () => (await gwproxy.status()).config_pending;
  await writeFile(file, config(bot('a')));
  await gwproxy.waitFor('pending', told('config.pending', 'b: removed'));
  await writeFile(file, config(bot('a'), bot('b')));
  await gwproxy.waitFor(
    'taken back',
    ({ type, changes }) => type === 'config.applied' && `${changes}` === '',
  );
  assert.deepEqual(await pending(), []);

  await writeFile(file, config(bot('b')));
  await gwproxy.waitFor('pending again', told('config.pending', 'a: removed'));
  await writeFile(file, 'profiles: [\n');
  await gwproxy.waitFor('invalid', ({ type }) => type === 'config.invalid');
  assert.deepEqual(await pending(), []);
  assert.notEqual((await gwproxy.status()).config_error, null);
  await writeFile(file, config(bot('a', '/new'), bot('b')));
  await gwproxy.waitFor('applied', told('config.applied', 'a: changed (routes)'));
  assert.equal(await statusAt(gwproxy, '/new'), 200);
  assert.deepEqual(await pids(gwproxy), before);
});

test('a corrected command of a failed gateway is applied at once and starts it', async (t) => {
  const broken = bot('a', '/a', '    restart: { when: never }\n').replace(gateway, `${gateway}.gone`);
  const at = await folder(t, { 'gwproxy.yaml': config(broken, bot('b')) });
  const file = join(at, 'gwproxy.yaml');
  const { gwproxy } = await start(t, file, ['b']);
  const before = await pids(gwproxy);
  await gwproxy.waitFor('failed', ({ profile, state }) => profile === 'a' && state === 'failed');
  await writeFile(file, config(bot('a', '/a', '    restart: { when: never }\n'), bot('b')));
  await gwproxy.ready('a');
  assert.equal(await statusAt(gwproxy, '/a'), 200);
  const { b } = await pids(gwproxy);
  assert.equal(b, before.b);
});

test('a renamed profile with a fixed port serves until `gwproxy reload`, and status shows the pending change', async (t) => {
  const fixed = await freePort();
  const named = (name: string) =>
    bot(name, '/in', `    listeners: { http: { port: ${fixed}, port_env: PORT } }\n`);
  const at = await folder(t, { 'gwproxy.yaml': config(named('p')) });
  const file = join(at, 'gwproxy.yaml');
  const { gwproxy, reload } = await start(t, file, ['p']);
  await writeFile(file, config(named('pp')));
  await gwproxy.waitFor('pending', (line) => line.type === 'config.pending');
  assert.deepEqual((await gwproxy.status()).config_pending, ['pp: added', 'p: removed']);
  assert.equal(await statusAt(gwproxy, '/in'), 200);
  await reload();
  await gwproxy.ready('pp');
  assert.equal(await statusAt(gwproxy, '/in'), 200);
});

test('`gwproxy reload` refuses an invalid config as a whole, and says that listen needs a new `up`', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': `watch: off\n${config(bot('a'))}` });
  const file = join(at, 'gwproxy.yaml');
  const { gwproxy, reload } = await start(t, file, ['a']);
  await writeFile(file, `watch: off\n${config(bot('a'), '  b: { comand: x }\n')}`);
  const refused = await reload();
  assert.equal(refused.code, 78);
  assert.match(refused.stderr, /^gwproxy\.yaml:\d+:\d+: unknown key 'comand'.*\n.*nothing is changed\n$/s);
  const asJson: unknown = JSON.parse((await reload('--json')).stdout);
  assert.ok(typeof asJson === 'object' && asJson !== null && 'ok' in asJson && asJson.ok === false);
  assert.equal((await gwproxy.status()).profiles.length, 1);
  assert.notEqual((await gwproxy.status()).config_error, null);
  await writeFile(file, `watch: off\n${config(bot('a'))}`.replace('127.0.0.1:0', '127.0.0.1:1'));
  const { code, stdout } = await reload();
  assert.equal(code, 0);
  assert.match(stdout, /^not applied: listen: needs a new `gwproxy up -c \S+`\n$/);
  const { config_error, config_pending } = await gwproxy.status();
  assert.deepEqual([config_error, config_pending], [null, ['listen: needs a new `gwproxy up`']]);
});

test('a new file in an included folder starts a new profile; the removal of the file waits for reload', async (t) => {
  const at = await folder(t, {
    'gwproxy.yaml': `include: profiles/*.yaml\n${config(bot('a'))}`,
    'profiles/b.yaml': `profiles:\n${bot('b')}`,
  });
  const { gwproxy, reload } = await start(t, join(at, 'gwproxy.yaml'), ['a', 'b']);
  const before = await pids(gwproxy);
  await writeFile(join(at, 'profiles', 'c.yaml'), `profiles:\n${bot('c')}`);
  await gwproxy.ready('c');
  assert.equal(await statusAt(gwproxy, '/c'), 200);
  await rm(join(at, 'profiles', 'b.yaml'));
  await gwproxy.waitFor('pending', told('config.pending', 'b: removed'));
  assert.equal(await statusAt(gwproxy, '/b'), 200);
  const { c, ...others } = await pids(gwproxy);
  assert.deepEqual(others, before);
  assert.equal((await reload()).code, 0);
  assert.equal(await statusAt(gwproxy, '/b'), 404);
  await gwproxy.waitFor('b stopped', (line) => line.profile === 'b' && line.state === 'stopped');
  assert.deepEqual(await pids(gwproxy), { a: before.a, c });
});

test('with `watch: all` every change is applied at once, through the links of a mounted volume too', async (t) => {
  const all = (...profiles: string[]) => `watch: all\n${config(...profiles)}`;
  const at = await folder(t, { '..one/gwproxy.yaml': all(bot('a'), bot('b')) });
  await symlink('..one', join(at, '..data'));
  await symlink('..data/gwproxy.yaml', join(at, 'gwproxy.yaml'));
  const { gwproxy } = await start(t, join(at, 'gwproxy.yaml'), ['a', 'b']);
  const { a } = await pids(gwproxy);
  await mkdir(join(at, '..two'));
  await writeFile(
    join(at, '..two', 'gwproxy.yaml'),
    all(bot('a').replace('BOT_NAME: a', 'BOT_NAME: new'), bot('c')),
  );
  await symlink('..two', join(at, '..data_tmp'));
  await rename(join(at, '..data_tmp'), join(at, '..data'));
  await rm(join(at, '..one'), { recursive: true });
  await Promise.all([gwproxy.ready('a', 2), gwproxy.ready('c')]);
  const after = await pids(gwproxy);
  assert.notEqual(after.a, a);
  assert.ok(!('b' in after));
});

test('reload without a gwproxy ends with 69', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': config(bot('a')) });
  const { code } = await runCli(['reload', '-c', join(at, 'gwproxy.yaml')], {
    GWPROXY_STATE_DIR: join(at, 's'),
  });
  assert.equal(code, 69);
});
