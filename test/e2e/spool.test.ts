import assert from 'node:assert/strict';
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Gwproxy, isAlive, runCli, startGwproxy } from '../support/cli.ts';
import { fixture } from '../support/root.ts';
import { githubIssue, post } from '../support/senders.ts';
import { temporaryFolder } from '../support/sockets.ts';

const SECRET = 'invented-webhook-secret';

/** A config with one profile that verifies GitHub's webhooks, and its state folder. */
async function place(t: TestContext) {
  const folder = await temporaryFolder(t);
  const config = join(folder, 'gwproxy.yaml');
  const env = { GWPROXY_STATE_DIR: join(folder, 'state'), WEBHOOK_SECRET: SECRET };
  const call = (...args: readonly string[]) => runCli([...args, '-c', config], env);
  /** Renames the profile in the config. */
  const name = (profile: string) =>
    writeFile(
      config,
      `listen: 127.0.0.1:0
profiles:
  ${profile}:
    command: [${process.execPath}, ${fixture('gateways', 'tells.mjs')}]
    routes: [{ github: { repository: a/b } }]
    verify: { github: { secret: "\${WEBHOOK_SECRET}" } }
`,
    );
  await name('hooks');
  /** The spool's folder for deliveries that wait. */
  async function waiting(): Promise<string> {
    const [state = ''] = await readdir(env.GWPROXY_STATE_DIR);
    return join(env.GWPROXY_STATE_DIR, state, 'spool', 'new');
  }
  return {
    name,
    up: () => startGwproxy(t, config, env),
    call,
    /** The stdout of a command, which must succeed. */
    async run(...args: readonly string[]): Promise<string> {
      const { code, stdout, stderr } = await call(...args);
      assert.equal(code, 0, stderr);
      return stdout + stderr;
    },
    waiting,
    files: async (): Promise<readonly string[]> => readdir(await waiting()),
  };
}

async function send(gwproxy: Gwproxy, title: string): Promise<number> {
  return (await post(gwproxy.url, githubIssue({ secret: SECRET, repository: 'a/b', title }))).status;
}

/** The titles that the gateway has printed, in order. */
function got(gwproxy: Gwproxy): readonly string[] {
  return gwproxy
    .output('hooks')
    .flatMap((line) =>
      line.startsWith('got ') ? [String(JSON.parse(line.slice('got '.length)).issue.title)] : [],
    );
}

function drained(gwproxy: Gwproxy) {
  return gwproxy.waitFor('drained', ({ type }) => type === 'spool.drained');
}

test('deliveries for a stopped gateway are spooled, listed, dropped, and delivered after its start', async (t) => {
  const { up, run, call } = await place(t);
  const gwproxy = await up();
  await gwproxy.ready('hooks');
  assert.equal(await send(gwproxy, 'direct'), 200);
  assert.equal(await run('spool'), 'nothing is spooled\n');
  await run('stop', 'hooks');
  for (const title of ['one', 'two', 'three']) assert.equal(await send(gwproxy, title), 202);

  const { spool } = JSON.parse(await run('spool', '--json'));
  const keys = [
    'id',
    'profile',
    'platform',
    'state',
    'reason',
    'received_at',
    'bytes',
    'tries',
    'last_status',
  ];
  assert.deepEqual(
    spool.map((entry: object) => Object.keys(entry)),
    [keys, keys, keys],
  );
  const [, { id, ...second }] = spool;
  assert.deepEqual(
    [second.profile, second.platform, second.state, second.tries],
    ['hooks', 'github', 'queued', 0],
  );
  const shown = await run('spool');
  assert.match(shown, new RegExp(`\n${id}  hooks +github +\\d+s +0 +- +queued\n`));
  assert.doesNotMatch(shown + JSON.stringify(spool), /two|secret|sha256=/);

  const profile = await gwproxy.profile('hooks');
  assert.deepEqual([profile.spooled, profile.dead, profile.lost], [3, 0, 0]);
  assert.match(await run('status'), /\nspooled: hooks 3 waiting; see `gwproxy spool -c \S+`\n/);
  assert.equal(await run('spool', 'retry', '--all'), 'retried: 3\n');
  assert.equal(await run('spool', 'drop', id), 'dropped: 1\n');
  assert.equal((await call('spool', 'drop', id)).code, 1);
  assert.equal((await call('spool', 'drop', '--profile', 'nobody')).code, 2);

  await run('start', 'hooks');
  await drained(gwproxy);
  assert.equal(await run('spool', 'drop', '--profile', 'hooks', '--json'), '{"dropped":0}\n');
  assert.deepEqual(got(gwproxy), ['direct', 'one', 'three']);
  assert.equal(await send(gwproxy, 'direct again'), 200);
  assert.equal((await gwproxy.profile('hooks')).spooled, 0);
});

test('after a kill of gwproxy the next run lists the spooled deliveries and delivers them', async (t) => {
  const { up, run, files } = await place(t);
  const one = await up();
  await one.ready('hooks');
  await run('stop', 'hooks');
  for (const title of ['one', 'two']) assert.equal(await send(one, title), 202);
  assert.equal((await files()).length, 2);
  process.kill(one.pid, 'SIGKILL');
  await assert.rejects(one.waitFor('its end', () => false));
  assert.equal(isAlive(one.pid), false);

  const two = await up();
  await drained(two);
  assert.deepEqual(got(two), ['one', 'two']);
  assert.deepEqual(await files(), []);
  assert.equal(await run('spool'), 'nothing is spooled\n');
  assert.equal(await send(two, 'direct'), 200);
});

test('spool files of other versions and torn ones are delivered, or counted, listed and dropped', async (t) => {
  const { up, run, call, files, waiting } = await place(t);
  const one = await up();
  await one.ready('hooks');
  await run('stop', 'hooks');
  for (const title of ['older', 'newer', 'torn']) assert.equal(await send(one, title), 202);
  process.kill(one.pid, 'SIGKILL');
  await assert.rejects(one.waitFor('its end', () => false));
  const [older = '', newer = '', torn = ''] = [...(await files())].sort();
  const folder = await waiting();
  const rewrite = async (id: string, change: (text: string) => string) => {
    const text = await readFile(join(folder, id), 'latin1');
    await writeFile(join(folder, id), change(text), 'latin1');
  };
  await rewrite(older, (text) =>
    text.replace('"version":2', '"version":1').replace(/"publicTarget":"[^"]*",/, ''),
  );
  await rewrite(newer, (text) => text.replace('"version":2', '"version":77'));
  await rewrite(torn, (text) => text.slice(0, -5));

  const two = await up();
  await drained(two);
  assert.deepEqual(got(two), ['older']);
  const alert = await two.waitFor('the alert', ({ type }) => type === 'spool.unreadable');
  assert.deepEqual([alert['count'], alert['newer'], alert['level']], [2, 1, 50]);
  assert.equal((await two.status()).spool_unreadable, 2);
  assert.match(await run('status'), /\nspool files that cannot be read: 2; see `gwproxy spool -c \S+`\n/);
  const listed = JSON.parse(await run('spool', '--json'));
  assert.deepEqual(
    listed.unreadable.map(({ id, profile, because }: Record<string, unknown>) => [id, profile, because]),
    [
      [newer, 'hooks', 'newer'],
      [torn, 'hooks', 'damaged'],
    ],
  );
  const shown = await run('spool');
  assert.match(shown, new RegExp(`\n${newer}  hooks .* ${join(folder, newer)} .* its format is 77, `));
  assert.match(
    shown,
    new RegExp(`\n${torn}  hooks .*/corrupt/${torn} .* not as many as its first line says\n`),
  );
  assert.equal((await call('spool', 'retry', newer)).code, 1);
  assert.equal(await run('spool', 'drop', torn), 'dropped: 1\n');
  assert.deepEqual(await files(), [newer], 'which the newer gwproxy finds as it left it');
  assert.equal((await two.status()).spool_unreadable, 1);
});

test('a spool that cannot be opened or written is said in status until it can', async (t) => {
  const { up, run, waiting, call, files } = await place(t);
  const one = await up();
  await one.ready('hooks');
  await run('stop', 'hooks');
  // A folder in the way fails for root too.
  const spoolFolder = dirname(await waiting());
  await rm(join(spoolFolder, 'tmp'), { recursive: true });
  await writeFile(join(spoolFolder, 'tmp'), '');
  assert.equal(await send(one, 'refused'), 503);
  assert.match(
    await run('status'),
    /\nthe spool has failed: the last delivery could not be stored: ENOTDIR: not a directory\n/,
  );
  await rm(join(spoolFolder, 'tmp'));
  assert.equal(await send(one, 'stored'), 202);
  assert.equal((await one.status()).spool_error, null);
  assert.equal((await files()).length, 1);
  await one.stop();

  await rename(spoolFolder, `${spoolFolder}-aside`);
  await writeFile(spoolFolder, '');
  const two = await up();
  assert.match(String((await two.status()).spool_error), /^it cannot be opened: /);
  const { code, stderr } = await call('spool');
  assert.equal(code, 1);
  assert.match(stderr, /^the spool is not open: it cannot be opened: /);
});

test('deliveries spooled for a renamed profile are listed but not delivered until it has its old name again', async (t) => {
  const { up, run, name } = await place(t);
  const gwproxy = await up();
  await gwproxy.ready('hooks');
  await run('stop', 'hooks');
  assert.equal(await send(gwproxy, 'kept'), 202);
  await name('renamed');
  await run('reload');
  await gwproxy.waitFor('dead', ({ type, reason }) => type === 'spool.dead' && reason === 'no-route');
  await gwproxy.ready('renamed');
  assert.equal(await send(gwproxy, 'direct'), 200);
  assert.match(
    await run('status'),
    /\nspooled for hooks, which is not in the config: 1; see `gwproxy spool -c \S+`\n/,
  );
  assert.deepEqual((await gwproxy.status()).orphaned, { hooks: 1 });
  assert.match(await run('spool'), / {2}hooks +github .* dead: no-route\n/);

  await name('hooks');
  await run('reload');
  await gwproxy.ready('hooks');
  assert.equal(await run('spool', 'retry', '--all'), 'retried: 1\n');
  await drained(gwproxy);
  assert.deepEqual(got(gwproxy), ['kept']);
  assert.deepEqual((await gwproxy.status()).orphaned, {});
});

test('no output about a config contains the secrets of its senders', async (t) => {
  const { up, run } = await place(t);
  const gwproxy = await up();
  await gwproxy.ready('hooks');
  await run('stop', 'hooks');
  await send(gwproxy, 'spooled');
  const commands = [
    ['validate', '--json'],
    ['validate'],
    ['status', '--json'],
    ['status'],
    ['explain', '--json', '--method', 'POST', '--path', '/github', '--header', 'X-GitHub-Event: ping'],
    ['urls'],
    ['spool', '--json'],
    ['logs', '-n', '1000'],
    ['doctor', '--json'],
  ];
  for (const command of commands) {
    const said = await run(...command);
    assert.notEqual(said, '');
    assert.ok(!said.includes(SECRET), command.join(' '));
  }
});
