import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ProfilePlan } from '../../src/config/types.ts';
import { temporaryFolder } from '../support/sockets.ts';
import { isState, ORDINARY, pidOf, profile, statusOf, supervise } from './support.ts';

/** A gateway that runs that code and is restarted for ever. */
function running(code: string, folder = '/'): ProfilePlan {
  return {
    ...profile('alpha', ''),
    launch: {
      kind: 'command',
      command: [[process.execPath], ['--input-type=module'], ['-e'], [code]],
      cwd: folder,
      env: { BOT_TOKEN: ['c0ffee00'] },
      envCommand: null,
      process: ORDINARY,
    },
    restart: { when: 'always', min: 1, max: 2, reset: 60_000, exitCodes: {}, giveUp: null },
  };
}

test('what a failed gateway wrote last stands behind its exit code, in status and events, until its next exit', async (t) => {
  const folder = await temporaryFolder(t);
  const flag = JSON.stringify(join(folder, 'flag'));
  const code = `import { existsSync, writeFileSync } from 'node:fs';
    if (existsSync(${flag})) process.exit(1);
    writeFileSync(${flag}, '');
    throw new Error('SLACK_SIGNING_SECRET is not set');`;
  const { supervisor, log } = supervise(t, [running(code, folder)]);
  supervisor.start();
  const first = await log.first(isState('alpha', 'backoff'));
  assert.ok(first.type === 'gateway.state');
  assert.equal(first.reason, 'exited with code 1: Error: SLACK_SIGNING_SECRET is not set');
  assert.equal(statusOf(supervisor, 'alpha').last_error, first.reason);
  const second = await log.next(isState('alpha', 'backoff'));
  assert.ok(second.type === 'gateway.state');
  assert.equal(second.reason, 'exited with code 1; it wrote no output');
  await supervisor.stop();
});

test('a secret of the gateway is not shown', async (t) => {
  const { supervisor, log } = supervise(t, [
    running(`console.error('Error: ' + process.env.BOT_TOKEN + ' is refused'); process.exit(2)`),
  ]);
  supervisor.start();
  const event = await log.first(isState('alpha', 'backoff'));
  assert.ok(event.type === 'gateway.state');
  assert.match(event.reason ?? '', /^exited with code 2: \(the line that says why may hold a secret/);
  await supervisor.stop();
});

test('what an env_command printed is a secret, whatever it is called, unless it is short', async (t) => {
  const code = `console.error('Error: ' + process.env.RECOVERY_PHRASE + ' and ' + process.env.LOG); process.exit(2)`;
  for (const [printed, reason] of [
    ['horse-battery-staple', /^exited with code 2: \(the line that says why may hold a secret/],
    ['debug', /^exited with code 2: Error: debug and debug$/],
  ] as const) {
    const plan = running(code);
    assert.ok(plan.launch.kind === 'command');
    const envCommand = {
      command: ['/bin/sh', '-c', `echo RECOVERY_PHRASE=${printed}; echo LOG=debug`],
      kept: [],
    } as const;
    const { supervisor, log } = supervise(t, [{ ...plan, launch: { ...plan.launch, envCommand } }]);
    supervisor.start();
    const event = await log.first(isState('alpha', 'backoff'));
    assert.ok(event.type === 'gateway.state');
    assert.match(event.reason ?? '', reason);
    await supervisor.stop();
  }
});

/** Commands, and why their gateways ended; each ends before it is ready. */
const ENDINGS: readonly (readonly [title: string, command: readonly string[], reason: string])[] = [
  [
    'a Python traceback',
    ['python3', '-c', "def start():\n  raise RuntimeError('the bot has no channel')\nstart()"],
    'exited with code 1: RuntimeError: the bot has no channel',
  ],
  [
    'a program that does not exist',
    ['sh', '-c', 'exec no-such-bot'],
    'exited with code 127: sh: 1: exec: no-such-bot: not found',
  ],
  [
    'an error on stdout alone',
    ['sh', '-c', 'echo "✗ this profile has no gateway"; echo "  run another command"; exit 78'],
    'exited with code 78: ✗ this profile has no gateway',
  ],
  [
    'a last line on stdout alone',
    ['sh', '-c', 'echo starting; echo there is nothing to do; exit 3'],
    'exited with code 3: there is nothing to do',
  ],
  ['no output', ['sh', '-c', 'exit 3'], 'exited with code 3; it wrote no output'],
  [
    'an end with 0 before it is ready',
    ['sh', '-c', 'echo usage: bot CHANNEL'],
    'exited with code 0: usage: bot CHANNEL',
  ],
  [
    'a crash of its runtime',
    ['sh', '-c', 'echo "FATAL ERROR: heap out of memory" >&2; kill -ABRT $$'],
    'ended by SIGABRT: FATAL ERROR: heap out of memory',
  ],
  ['an end by somebody else', ['sh', '-c', 'echo ERROR x >&2; kill -KILL $$'], 'ended by SIGKILL'],
];

for (const [title, [program = '', ...args], reason] of ENDINGS) {
  test(`a gateway that fails its start says why: ${title}`, async (t) => {
    const plan = running('');
    assert.ok(plan.launch.kind === 'command');
    const launch = {
      ...plan.launch,
      command: [[program], ...args.map((arg) => [arg])] as const,
      env: { PATH: [process.env.PATH ?? ''] },
    };
    const { supervisor, log } = supervise(t, [{ ...plan, launch }]);
    supervisor.start();
    const event = await log.first(isState('alpha', 'backoff'));
    assert.ok(event.type === 'gateway.state');
    assert.equal(event.reason, reason);
    await supervisor.stop();
  });
}

test('a gateway that is not ready in time is ended with what it wrote', async (t) => {
  const code = `console.error('ERROR the database does not answer'); setInterval(() => console.log('waiting'), 50);`;
  const { supervisor, log } = supervise(t, [{ ...running(code), startTimeout: 1000 }]);
  supervisor.start();
  const event = await log.first(isState('alpha', 'backoff'));
  assert.ok(event.type === 'gateway.state');
  assert.match(
    event.reason ?? '',
    /^no listener was ready within 1s \(http on port \d+: connection refused\); it wrote: ERROR the database does not answer$/,
  );
  await supervisor.stop();
});

test('of a gateway that was ready an error is shown, and neither the last line of stdout nor anything at 0', async (t) => {
  const serve = `import { createServer } from 'node:http';
    createServer((request, response) => response.end()).listen(process.env.PORT, '127.0.0.1');`;
  for (const [end, reason] of [
    [`console.error('Error: x'); process.exit(0)`, 'exited with code 0'],
    [`console.log('GET /health 200'); process.exit(4)`, 'exited with code 4'],
    [`console.log('ERROR the disk is full'); process.exit(4)`, 'exited with code 4: ERROR the disk is full'],
    [`throw new TypeError('x')`, 'exited with code 1: TypeError: x'],
  ] as const) {
    const { supervisor, log } = supervise(t, [running(`${serve} process.on('SIGUSR2', () => { ${end} });`)]);
    supervisor.start();
    await supervisor.settled();
    const next = log.next((event) => event.type === 'gateway.state' && event.state === 'starting');
    process.kill(pidOf(supervisor, 'alpha'), 'SIGUSR2');
    const event = await next;
    assert.ok(event.type === 'gateway.state');
    assert.equal(event.reason, reason);
    await supervisor.stop();
  }
});
