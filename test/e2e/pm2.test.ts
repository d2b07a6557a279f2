import assert from 'node:assert/strict';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { isPlainObject } from '../../src/util/plain-object.ts';
import { runCli, startGwproxy } from '../support/cli.ts';
import { startPm2 } from '../support/pm2.ts';
import { fixture } from '../support/root.ts';
import { freePort, listening, temporaryFolder } from '../support/sockets.ts';

const TEAM = fixture('pm2', 'team.config.cjs');

test('pm2’s ecosystem file becomes a config that is valid, runs and serves', async (t) => {
  const at = await temporaryFolder(t);
  const config = join(at, 'gwproxy.yaml');
  const port = await freePort();
  const { code, stdout, stderr } = await runCli(['init', '--pm2', TEAM, '-c', config], {
    STANDUP_PORT: String(port),
  });
  assert.deepEqual([code, stderr], [0, '']);
  for (const line of [
    /^standup-bot: name: is standup-bot in gwproxy/m,
    /^standup-bot: env_production: not used/m,
    /^standup-bot: watch: gwproxy does not watch a bot's files \(with ignore_watch\)/m,
    /^triage: PORT: is not set\. /m,
    /^deploy: is left out/m,
    /gwproxy\.yaml is written: 2 profiles/,
    /^next: remove the apps from pm2: pm2 delete 'Standup Bot'; pm2 delete triage; pm2 save --force$/m,
  ]) {
    assert.match(stdout, line);
  }
  const text = await readFile(config, 'utf8');
  assert.ok(!text.includes('not-a-secret'));
  assert.equal((await stat(join(at, 'secrets', 'standup-bot.env'))).mode & 0o777, 0o600);
  assert.equal((await stat(join(at, 'secrets'))).mode & 0o777, 0o700);
  const validated = await runCli(['validate', '-c', config]);
  assert.equal(validated.code, 0);
  assert.match(validated.stdout, /^restart at 0 4 \* \* \* +-> +standup-bot /m);
  // triage names no port, so it is private.
  assert.match(validated.stderr, /^warning: standup-bot: public at \/p\/standup-bot\/[^\n]*\n$/);

  await writeFile(config, text.replace('listen: 127.0.0.1:3978', 'listen: 127.0.0.1:0'));
  const gwproxy = await startGwproxy(t, config);
  await gwproxy.ready('standup-bot');
  const answer = await fetch(`${gwproxy.url}/p/standup-bot/slack/events`);
  const seen: unknown = await answer.json();
  assert.ok(isPlainObject(seen) && isPlainObject(seen['env']));
  assert.deepEqual(seen['argv'], ['--team', 'T0 AB', '--dry']);
  const { PORT, NODE_ENV, SLACK_BOT_TOKEN, LIMITS } = seen['env'];
  assert.deepEqual(
    [PORT, NODE_ENV, SLACK_BOT_TOKEN, LIMITS],
    [String(port), 'development', 'not-a-secret-standup', '{"perDay":3}'],
  );
  assert.equal((await gwproxy.profile('triage')).state, 'stopped');
});

test('init overwrites no file, and writes all files or none', async (t) => {
  const at = await temporaryFolder(t);
  const config = join(at, 'gwproxy.yaml');
  const first = await runCli(['init', '--pm2', TEAM, '-c', config]);
  assert.equal(first.code, 0);
  const again = await runCli(['init', '--pm2', TEAM, '-c', join(at, 'other.yaml')]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /secrets\/standup-bot\.env is already there, and init overwrites no file/);
  await assert.rejects(stat(join(at, 'other.yaml')), /ENOENT/);
});

test('a file that pm2 could not read either is refused with its line number, and nothing is written', async (t) => {
  const at = await temporaryFolder(t);
  const { code, stderr } = await runCli([
    'init',
    '--pm2',
    fixture('pm2', 'broken.config.cjs'),
    '-c',
    join(at, 'x.yaml'),
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /broken\.config\.cjs:2: Error: ENOENT/);
  await assert.rejects(stat(join(at, 'x.yaml')), /ENOENT/);
});

test('a tunnel is written with its full path, runs without PATH, and is not public', async (t) => {
  const at = await temporaryFolder(t);
  const bin = join(at, 'bin');
  await mkdir(bin);
  await symlink(process.execPath, join(bin, 'cloudflared'));
  const port = await freePort();
  const serve = fixture('gateways', 'serve.mjs');
  await writeFile(
    join(at, 'tunnel.json'),
    JSON.stringify([
      {
        name: 'tunnel',
        script: 'cloudflared',
        interpreter: 'none',
        args: [serve, '--metrics', `127.0.0.1:${port}`],
      },
    ]),
  );
  const config = join(at, 'gwproxy.yaml');
  const init = await runCli(['init', '--pm2', join(at, 'tunnel.json'), '-c', config], {
    PATH: `${bin}${delimiter}${process.env['PATH']}`,
  });
  assert.deepEqual([init.code, init.stderr], [0, '']);
  const text = await readFile(config, 'utf8');
  assert.match(text, new RegExp(`^ {4}command: \\[${bin}/cloudflared, `, 'm'));
  assert.match(text, new RegExp(`listeners: { metrics: { port: ${port}, health: /ready, paths: \\[\\] } }`));

  await writeFile(config, text.replace('listen: 127.0.0.1:3978', 'listen: 127.0.0.1:0'));
  const validated = await runCli(['validate', '--json', '-c', config]);
  assert.deepEqual([validated.code, validated.stderr], [0, '']);
  assert.deepEqual(JSON.parse(validated.stdout).routes, []);
  const gwproxy = await startGwproxy(t, config);
  await gwproxy.ready('tunnel');
  assert.equal((await fetch(`${gwproxy.url}/p/tunnel/ready`)).status, 404);
});

test('doctor finds what a real pm2 runs, by its dump and its processes, until it is deleted', async (t) => {
  const daemon = await startPm2(t);
  const { at } = daemon;
  const port = await freePort();
  await writeFile(
    join(at, 'bots.config.cjs'),
    `const cwd = ${JSON.stringify(fixture('gateways'))};
     module.exports = { apps: [
       { name: 'Forked Bot', script: 'serve.mjs', cwd, args: ['--as', 'a b'], env: { PORT: ${port}, API_TOKEN: 'not-a-secret' }, max_memory_restart: '150M' },
       { name: 'clustered', script: 'serve.mjs', cwd, instances: 2, env: { HOST: '127.0.0.1', PORT: 0 } },
     ] };`,
  );
  await daemon.run('start', join(at, 'bots.config.cjs'));
  await daemon.run('save');
  // pm2 reports an app as started as soon as it is spawned.
  await listening(port);

  const config = join(at, 'gwproxy.yaml');
  const { code, stdout, stderr } = await runCli(['init', '--pm2', daemon.dump, '-c', config], daemon.env);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^clustered: instances: is 2; gwproxy runs one process per profile/m);
  const text = await readFile(config, 'utf8');
  assert.match(text, /command: \[node, serve\.mjs, --as, "a b"\]/);
  assert.match(text, new RegExp(`listeners: { main: { port: ${port} } }\n {4}max_memory: 150MiB`));
  const secrets = await readFile(join(at, 'secrets', 'forked-bot.env'), 'utf8');
  assert.match(secrets, /^API_TOKEN=not-a-secret$/m);
  assert.match(secrets, /# From the shell [^\n]*\n(?:.*\n)*NODE_APP_TEST=shell$/m);
  assert.doesNotMatch(secrets, /PM2_|unique_id|SHLVL/);

  const doctor = async () => {
    const run = await runCli(['doctor', '--json', '-c', config], {
      ...daemon.env,
      GWPROXY_STATE_DIR: join(at, 'state'),
    });
    const findings: readonly Finding[] = JSON.parse(run.stdout);
    // Other pm2 daemons of this machine are ignored.
    const own = findings.filter(({ instead }) => !instead?.includes('PM2_HOME='));
    return { code: run.code, of: (check: string) => own.filter((finding) => finding.check === check) };
  };
  const running = await doctor();
  assert.equal(running.code, 1);
  assert.deepEqual(
    [...running.of('pm2'), ...running.of('ports')].map(({ level, what, instead }) => [level, what, instead]),
    [
      [
        'error',
        "pm2 still runs apps that this config runs too, or holds their ports: forked-bot (in pm2 'Forked Bot'), clustered",
        "pm2 delete 'Forked Bot'; pm2 delete clustered; pm2 save --force",
      ],
      ['ok', 'no problems found', null],
    ],
  );

  await writeFile(config, text.replace('listen: 127.0.0.1:3978', 'listen: 127.0.0.1:0'));
  const gwproxy = await startGwproxy(t, config, {}, ['forked-bot']);
  const blocked = await gwproxy.waitFor('a start that fails', ({ state }) => state === 'backoff');
  assert.match(
    String(blocked['reason']),
    new RegExp(
      `^port ${port} is in use by node \\(pid \\d+\\), which pm2 runs as 'Forked Bot'; \`gwproxy doctor\` prints the command that removes it from pm2$`,
    ),
  );
  await gwproxy.stop();

  await daemon.run('kill');
  const stopped = await doctor();
  assert.deepEqual(
    stopped.of('pm2').map(({ level, what }) => `${level} ${what}`),
    [
      "warn pm2 would start apps at boot that this config runs too: forked-bot (in pm2 'Forked Bot'), clustered",
    ],
  );
  // The free port comes from the range of outgoing connections, which is warned of.
  assert.ok(stopped.of('ports').every(({ level }) => level !== 'error'));
});

test('what pm2 runs and restarts by cron_restart, gwproxy does: a job, and a bot', async (t) => {
  const at = await temporaryFolder(t);
  const config = join(at, 'gwproxy.yaml');
  const job = join(at, 'job.js');
  const done = join(at, 'done');
  await writeFile(job, `require('node:fs').appendFileSync(process.argv[2], process.env.JOB_NAME)`);
  await writeFile(
    join(at, 'ecosystem.config.cjs'),
    `module.exports = { apps: [
      { name: 'nightly', script: ${JSON.stringify(job)}, args: [${JSON.stringify(done)}], env: { JOB_NAME: 'x' }, cron_restart: '* * * * * *', autorestart: false },
      { name: 'bot', script: ${JSON.stringify(fixture('echo-gateway.mjs'))}, env: { BOT_NAME: 'bot', PORT: ${await freePort()} }, cron_restart: '*/2 * * * * *' },
    ] }`,
  );
  const { code, stdout } = await runCli(['init', '--pm2', join(at, 'ecosystem.config.cjs'), '-c', config]);
  assert.equal(code, 0);
  assert.match(stdout, /^nightly: cron_restart: with autorestart: false it is a job, and becomes run: /m);
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace('listen: 127.0.0.1:3978', 'listen: 127.0.0.1:0'));
  const gwproxy = await startGwproxy(t, config);
  await gwproxy.ready('bot', 2);
  await gwproxy.waitFor(
    'the second run of the job',
    ({ type, profile, state, generation }) =>
      type === 'gateway.state' && profile === 'nightly' && state === 'stopped' && Number(generation) >= 2,
  );
  assert.match(await readFile(done, 'utf8'), /^xx+$/);
  assert.equal((await gwproxy.profile('bot')).restarts, 0);
});
