import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Gwproxy, type LogLine, runCli, startGwproxy } from '../support/cli.ts';
import { fixture } from '../support/root.ts';
import { temporaryFolder } from '../support/sockets.ts';

function bot(name: string, restart = ''): string {
  const command = `[${process.execPath}, ${fixture('echo-gateway.mjs')}]`;
  return `  ${name}:\n    command: ${command}\n    env: { BOT_NAME: ${name} }\n    routes: [{ path: /${name} }]\n${restart}`;
}

function restartAt(pattern: string): string {
  return `    restart: { schedule: '${pattern}', timezone: Europe/Berlin }\n`;
}

async function written(t: TestContext, profiles: string): Promise<string> {
  const file = join(await temporaryFolder(t), 'gwproxy.yaml');
  await writeFile(file, `listen: 127.0.0.1:0\nprofiles:\n${profiles}`);
  return file;
}

/** Waits for that gateway's state in its second generation or later; `since` is epoch ms. */
function reaches(gwproxy: Gwproxy, profile: string, state: string): Promise<LogLine> {
  return gwproxy.waitFor(`${profile} ${state} again`, (line) => {
    return (
      line.type === 'gateway.state' &&
      line.profile === profile &&
      line.state === state &&
      Number(line.generation) > 1
    );
  });
}

test('bots with one schedule restart one after the other, and every request is answered meanwhile', async (t) => {
  const file = await written(t, ['a', 'b'].map((name) => bot(name, restartAt('*/3 * * * * *'))).join(''));
  const gwproxy = await startGwproxy(t, file);
  await Promise.all(['a', 'b'].map((name) => gwproxy.ready(name)));
  let isOver = false;
  const statuses: number[] = [];
  const requests = (async () => {
    while (!isOver) {
      for (const name of ['a', 'b']) {
        const response = await fetch(`${gwproxy.url}/${name}`, { method: 'POST', body: 'x' });
        await response.arrayBuffer();
        statuses.push(response.status);
      }
    }
  })();
  const drains = ['a', 'b'].map((profile) =>
    gwproxy.waitFor(
      `${profile} drains`,
      (line) => line.type === 'gateway.state' && line.profile === profile && line.state === 'draining',
    ),
  );
  const [first, second] = await Promise.all(drains);
  const again = await Promise.all(['a', 'b'].map((name) => reaches(gwproxy, name, 'ready')));
  isOver = true;
  await requests;
  assert.ok(statuses.length > 0);
  assert.deepEqual(
    statuses.filter((status) => status !== 200),
    [],
  );
  assert.equal(first?.reason, 'scheduled restart (*/3 * * * * *)');
  const [a, b] = [first, second].map((drain, index) => ({
    from: Number(drain?.time),
    to: Number(again[index]?.time),
  }));
  assert.ok(a !== undefined && b !== undefined);
  assert.ok(a.to <= b.from || b.to <= a.from, 'one at a time');
  const { restarts, schedule } = await gwproxy.profile('a');
  assert.equal(restarts, 0, 'it is no crash');
  assert.deepEqual(
    [schedule?.action, schedule?.pattern, schedule?.timezone],
    ['restart', '*/3 * * * * *', 'Europe/Berlin'],
  );
  assert.match(schedule?.next_at ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
  assert.match(schedule?.last_at ?? '', /^\d{4}-/);
});

test('a changed schedule is applied without a restart, and status and validate show what is next', async (t) => {
  const file = await written(t, bot('a', restartAt('0 4 1 1 *')) + bot('b'));
  const state = { GWPROXY_STATE_DIR: await temporaryFolder(t) };
  const gwproxy = await startGwproxy(t, file, state);
  await Promise.all(['a', 'b'].map((name) => gwproxy.ready(name)));
  const before = await gwproxy.profile('a');
  assert.match(before.schedule?.next_at ?? '', /-01-01T03:00:00\.000Z$/);
  await writeFile(file, `listen: 127.0.0.1:0\nprofiles:\n${bot('a', restartAt('30 12 1 7 *'))}${bot('b')}`);
  await gwproxy.waitFor('the change', (line) => line.type === 'config.applied');
  const after = await gwproxy.profile('a');
  assert.match(after.schedule?.next_at ?? '', /-07-01T10:30:00\.000Z$/);
  assert.equal(after.pid, before.pid);
  const { stdout } = await runCli(['status', '-c', file], state);
  assert.match(stdout, /^PROFILE +STATE +SCHEDULE /m);
  assert.match(stdout, /^a +ready +restart in \d+d/m);
  assert.match(stdout, /^b +ready +- /m);
  const shown = await runCli(['validate', '-c', file]);
  assert.match(shown.stdout, /^restart at 30 12 1 7 \* +-> +a +\w{3} \d{4}-07-01 12:30 Europe\/Berlin$/m);
});
