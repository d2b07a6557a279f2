import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { isRunning, until } from '../supervisor/processes.ts';
import { type Gwproxy, startGwproxy } from '../support/cli.ts';
import { python } from '../support/python.ts';
import { fixture } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

/** Only root can start a gateway of another user; the mark is made up all the same without. */
const OTHER_USER = process.getuid?.() === 0 ? '    user: nobody\n' : '';

/** A victim on a fixed port, and a gateway of another user that makes up the mark of its second generation. */
async function attack(t: TestContext, how = ''): Promise<Gwproxy> {
  const folder = await temporaryFolder(t);
  // The thief is another user, and waits for a file there.
  await chmod(folder, 0o755);
  for (const name of ['victim.py', 'thief.py']) await copyFile(fixture('attacks', name), join(folder, name));
  const port = await freePort();
  const config = join(folder, 'gwproxy.yaml');
  await writeFile(
    config,
    `profiles:
  victim:
    command: [${python}, victim.py, '${port}', go]
    owner_check: strict
    restart: { min: 10ms }
    listeners: { main: { port: ${port} } }
    routes: [{ path: /victim }]
  thief:
    command: [${python}, thief.py, '${port}', go${how}]
${OTHER_USER}    routes: [{ path: /thief }]
`,
  );
  return startGwproxy(t, config);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  server.close();
  await once(server, 'close');
  return address.port;
}

/** The pid that the thief prints with that word. */
async function printedPid(gwproxy: Gwproxy, word: string): Promise<number> {
  const line = await gwproxy.waitFor(
    word,
    ({ type, profile, line: text }) =>
      type === 'gateway.output' && profile === 'thief' && String(text).startsWith(`${word} `),
  );
  return Number(String(line.line).split(' ')[1]);
}

test("a process of another gateway that makes up a victim's mark gets none of its requests", async (t) => {
  const gwproxy = await attack(t);
  await Promise.all([gwproxy.ready('victim'), gwproxy.ready('thief')]);
  const thief = await printedPid(gwproxy, 'thief');
  const { pid } = await gwproxy.profile('victim');
  assert.ok(pid);
  process.kill(pid, 'SIGKILL');
  let victim = await gwproxy.profile('victim');
  while (!victim.last_error?.includes('is held by') && victim.state !== 'ready') {
    await pause(50);
    victim = await gwproxy.profile('victim');
  }
  const answers = await Promise.all(
    [1, 2, 3].map(async (number) => {
      const headers = { Authorization: `Bearer secret-${number}` };
      const signal = AbortSignal.timeout(2000);
      return fetch(`${gwproxy.url}/victim`, { method: 'POST', headers, body: '{}', signal }).then(
        (answer) => answer.text(),
        () => 'held',
      );
    }),
  );
  const stolen = gwproxy.output('thief').filter((line) => line.startsWith('stolen'));
  t.diagnostic(`${stolen.length} of ${answers.length} requests were stolen`);
  assert.deepEqual(stolen, []);
  assert.ok(!answers.includes('thief'));
  assert.match(
    victim.last_error ?? '',
    new RegExp(
      `is held by \\S+ \\(pid ${thief}\\), which bears the mark of profile 'victim' of a gwproxy, not by this gateway`,
    ),
  );
});

test('a process that makes up a mark of its run ends with it', async (t) => {
  const gwproxy = await attack(t, ', stay');
  const stays = await printedPid(gwproxy, 'stays');
  t.after(() => {
    if (isRunning(stays)) process.kill(stays, 'SIGKILL');
  });
  await Promise.all([gwproxy.ready('victim'), gwproxy.ready('thief')]);
  assert.equal(await gwproxy.stop(), 0);
  assert.equal(isRunning(stays), false);
  const leftover = await gwproxy.waitFor('the leftover told', ({ type }) => type === 'run.leftover');
  assert.deepEqual(
    [leftover.profiles, leftover.processes, leftover.survivors, leftover.port],
    [['victim'], 1, 0, null],
  );
});

test('a process that makes up a mark of its run ends when gwproxy is killed', async (t) => {
  const gwproxy = await attack(t, ', stay');
  const stays = await printedPid(gwproxy, 'stays');
  t.after(() => {
    if (isRunning(stays)) process.kill(stays, 'SIGKILL');
  });
  process.kill(gwproxy.pid, 'SIGKILL');
  await until('it ends', () => !isRunning(stays), 10_000);
});
