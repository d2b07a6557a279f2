import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { parse, stringify } from 'yaml';
import { isAlive, runCli, startGwproxy } from '../support/cli.ts';
import { post } from '../support/senders.ts';
import { listenOn, temporaryFolder } from '../support/sockets.ts';
import { loadText, memoryOf, seconds } from './figures.ts';
import { hasTurn, logIn, mark, NEWER_SETUP, PROFILES, ping } from './hermes-profile.ts';
import { createModel, MODEL_ANSWER } from './loopback-model.ts';

const MODEL_PORT = 18_699;
const OWN_PORT = 18_640;
const READY_MS = 240_000;

test("an operator's own gateway for all profiles is named, and what gwproxy prints moves them all", async (t) => {
  await listenOn(t, createModel(), MODEL_PORT);
  const userHome = await homeOfAnOperator(t);
  const env = { ...NEWER_SETUP.env, HOME: userHome };
  const own = await ownGateway(t, env);

  const config = join(userHome, 'gwproxy.yaml');
  const written = await runCli(['init', '--hermes', '-c', config], env);
  assert.equal(written.code, 0, written.stderr);
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace('127.0.0.1:3978', '127.0.0.1:0'));
  const commands = written.stderr.match(/(?<=run `)hermes -p [^`]+(?=`)/g) ?? [];
  assert.deepEqual(
    [...commands].sort(),
    PROFILES.map(({ name }) => `hermes -p ${name} config set gateway.standalone true`).sort(),
  );

  const gwproxy = await startGwproxy(t, config, env);
  const named = await gwproxy.waitFor(
    'a start that finds the port in use',
    ({ state, profile }) => state === 'backoff' && profile === 'inbox-triage',
  );
  const reason = String(named['reason']);
  assert.match(
    reason,
    /^port 18681 is in use by python\S* \(pid \d+\), which is Hermes' own gateway and not run by gwproxy; end it with `hermes gateway stop`$/,
  );
  const doctor = await runCli(['doctor', '--json', '-c', config], env);
  assert.match(doctor.stdout, /"instead": "end it with `hermes gateway stop`"/);

  const [, remedy = ''] = /`(.+)`/.exec(reason) ?? [];
  for (const command of [...commands, remedy]) await shell(command, env);
  await own.ended;
  const ready = PROFILES.map(({ name }) =>
    gwproxy.waitFor(
      `${name} ready`,
      ({ type, profile, state }) => type === 'gateway.state' && profile === name && state === 'ready',
      READY_MS,
    ),
  );
  await Promise.all(ready);
  assert.equal(await gwproxy.stop(), 0);
});

/** A Hermes home as an operator of the newest version has it: a default profile whose gateway serves four others. */
async function homeOfAnOperator(t: TestContext): Promise<string> {
  const userHome = await temporaryFolder(t);
  const home = join(userHome, '.hermes');
  const routes = Object.fromEntries(
    PROFILES.map(({ name }) => [
      `ping-${name}`,
      { secret: `invented-secret-of-${name}`, prompt: 'Event: {msg}', deliver: 'log', profile: name },
    ]),
  );
  for (const { name } of PROFILES) {
    const from = NEWER_SETUP.folderOf(name);
    const to = join(home, 'profiles', name);
    await mkdir(to, { recursive: true });
    const { gateway: _, ...settings } = parse(await readFile(join(from, 'config.yaml'), 'utf8'));
    await writeFile(join(to, 'config.yaml'), stringify(settings));
    await copyFile(join(from, '.env'), join(to, '.env'));
    const { platforms: __, ...rest } = settings;
    const webhook = { enabled: true, extra: { host: '127.0.0.1', port: OWN_PORT, routes } };
    await writeFile(join(home, 'config.yaml'), stringify({ ...rest, platforms: { webhook } }));
    await copyFile(join(from, '.env'), join(home, '.env'));
  }
  return userHome;
}

/** `hermes gateway run`, once it serves all of them; measured, idle and after a turn of each. */
async function ownGateway(t: TestContext, env: Record<string, string>) {
  const began = Date.now();
  const child = spawn(NEWER_SETUP.program('hermes'), ['gateway', 'run'], { env, stdio: 'ignore' });
  const ended = once(child, 'exit');
  const { pid } = child;
  assert.ok(pid !== undefined);
  t.after(async () => {
    if (isAlive(pid)) child.kill('SIGKILL');
    await ended;
  });
  await Promise.all(PROFILES.map((_, index) => answers(`http://127.0.0.1:${18_681 + index}/healthz`)));
  await answers(`http://127.0.0.1:${OWN_PORT}/health`);
  const after = seconds(Date.now() - began);
  const idle = await memoryOf([pid]);
  await Promise.all(
    PROFILES.map(async (profile) => {
      const marked = mark(profile);
      const { status, text } = await post(
        `http://127.0.0.1:${OWN_PORT}`,
        ping(profile, marked, `ping-${profile.name}`),
      );
      assert.equal(status, 202, text);
      await turnOf(marked, env);
    }),
  );
  const busy = await memoryOf([pid]);
  t.diagnostic(
    `one process for five profiles: ready after ${after}, ${idle} MB PSS idle, ${busy} MB after a turn each (${loadText()})`,
  );
  return { ended };
}

async function turnOf(marked: string, { HOME = '' }: Record<string, string>): Promise<void> {
  const home = join(HOME, '.hermes');
  const folders = [home, ...PROFILES.map(({ name }) => join(home, 'profiles', name))];
  for (const deadline = Date.now() + 120_000; ; await wait(100)) {
    const logs = await Promise.all(folders.map(logIn));
    if (logs.some((log) => hasTurn(log, marked, MODEL_ANSWER))) return;
    if (Date.now() > deadline) throw new Error(`no log holds the turn of ${marked}`);
  }
}

async function answers(url: string): Promise<void> {
  for (const deadline = Date.now() + 180_000; ; await wait(100)) {
    const ok = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    if (Date.now() > deadline) throw new Error(`${url} does not answer`);
  }
}

async function shell(command: string, env: Record<string, string>): Promise<void> {
  const child = spawn('sh', ['-c', command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'exit');
  assert.equal(code, 0, `${command}: ${output}`);
}
