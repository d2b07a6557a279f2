import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { sendCommand } from '../../src/admin/control-client.ts';
import { type Commands, startControl } from '../../src/admin/control-server.ts';
import { parseReload } from '../../src/admin/reload-answer.ts';
import { parseChanged, parseSpool, spoolEntries, writeChosen } from '../../src/admin/spool-view.ts';
import type { Status } from '../../src/admin/status.ts';
import { parseUnmatched } from '../../src/admin/unmatched-view.ts';
import { CommandError, EXIT } from '../../src/errors.ts';
import type { Event } from '../../src/events.ts';
import { controlSocketPath } from '../../src/state-folder.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gwproxy-control-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const status: Status = {
  version: '0.0.0',
  pid: 1,
  listen: '127.0.0.1:1',
  uptime_s: 0,
  profiles: [],
  config_error: null,
  config_pending: [],
  failing_logs: [],
  spool_error: null,
  spool_unreadable: 0,
  orphaned: {},
};

function commands(called: string[]): Commands {
  return {
    status: async () => status,
    down: async (atOnce) => void called.push(`down ${atOnce}`),
    start: async (profile) => void called.push(`start ${profile}`),
    stop: async (profile) => void called.push(`stop ${profile}`),
    restart: async (profile) => {
      throw new CommandError(EXIT.cannotServe, `${profile} did not start`);
    },
    reload: async () => {
      called.push('reload');
      return { ok: true, changes: ['inbox: added'], pending: [], warnings: [] };
    },
    unmatched: () => [
      {
        platform: 'slack',
        fields: { team: 'T0AAAAAAA1' },
        audience: null,
        scope: { host: null, path: '' },
        path: '/slack/events',
        count: 2,
        first_seen: '2026-01-01T00:00:00.000Z',
        last_seen: '2026-01-01T00:00:01.000Z',
      },
    ],
    clearUnmatched: () => {
      called.push('clear');
      return 1;
    },
    spool: {
      list: () => ({
        spool: spoolEntries([
          {
            id: '0hol2199hhs',
            profile: 'inbox',
            platform: 'github',
            state: 'queued',
            reason: null,
            receivedAt: 0,
            bytes: 1,
            tries: 1,
            lastStatus: '503',
          },
        ]),
        unreadable: [],
      }),
      retry: async (chosen) => {
        called.push(`retry ${JSON.stringify(chosen)}`);
        return 2;
      },
      drop: async (chosen) => {
        called.push(`drop ${JSON.stringify(chosen)}`);
        return 1;
      },
    },
  };
}

const untold = (): void => {};

function exits(exitCode: number): (error: unknown) => boolean {
  return (error) => error instanceof CommandError && error.exitCode === exitCode;
}

test('the owner’s commands reach the gwproxy, and its refusals come back with their exit codes', async () => {
  const called: string[] = [];
  const control = await startControl({ folder, report: untold, commands: commands(called) });
  const path = controlSocketPath(folder);
  try {
    assert.deepEqual(await sendCommand(path, 'GET', '/status'), status);
    await sendCommand(path, 'POST', '/profiles/inbox/start');
    await sendCommand(path, 'POST', '/profiles/inbox/stop');
    assert.deepEqual(parseReload(await sendCommand(path, 'POST', '/reload')), {
      ok: true,
      changes: ['inbox: added'],
      pending: [],
      warnings: [],
    });
    await sendCommand(path, 'POST', '/down?at_once');
    assert.deepEqual(called, ['start inbox', 'stop inbox', 'reload', 'down true']);
    await sendCommand(path, 'POST', `/profiles/${encodeURIComponent('Support Bot')}/stop`);
    assert.equal(called.pop(), 'stop Support Bot', 'whether it is one is for the gwproxy to say');
    await assert.rejects(sendCommand(path, 'POST', '/profiles/%zz/stop'), exits(2));
    await assert.rejects(sendCommand(path, 'POST', '/profiles/inbox/restart'), exits(70));
    await assert.rejects(sendCommand(path, 'POST', '/nothing'), exits(2));
  } finally {
    await control.close();
  }
});

test('the socket is its owner’s alone and goes with the gwproxy', async () => {
  const control = await startControl({ folder, report: untold, commands: commands([]) });
  assert.equal(statSync(controlSocketPath(folder)).mode & 0o777, 0o600);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  await control.close();
  assert.deepEqual(readdirSync(folder), []);
  await assert.rejects(sendCommand(controlSocketPath(folder), 'GET', '/status'), exits(69));
});

test('a second gwproxy on one config is refused with 73 while the first answers', async () => {
  const control = await startControl({ folder, report: untold, commands: commands([]) });
  try {
    await assert.rejects(startControl({ folder, report: untold, commands: commands([]) }), exits(73));
    assert.deepEqual(await sendCommand(controlSocketPath(folder), 'GET', '/status'), status);
  } finally {
    await control.close();
  }
});

test('a control socket that is removed is created again, with its folder', async () => {
  const events: Event[] = [];
  let heard = (): void => {};
  const next = async (): Promise<string | undefined> => {
    if (events.length === 0) await new Promise<void>((resolve) => (heard = resolve));
    return events.shift()?.type;
  };
  const report = (event: Event): void => {
    events.push(event);
    heard();
  };
  const control = await startControl({ folder, commands: commands([]), report, checkEvery: 1 });
  const path = controlSocketPath(folder);
  try {
    rmSync(path);
    assert.equal(await next(), 'control.restored');
    assert.deepEqual(await sendCommand(path, 'GET', '/status'), status);

    rmSync(folder, { recursive: true });
    writeFileSync(folder, 'no folder');
    assert.equal(await next(), 'control.lost');
    rmSync(folder);
    assert.equal(await next(), 'control.restored', 'what is in vain is told once');
    assert.deepEqual(await sendCommand(path, 'GET', '/status'), status);
    await assert.rejects(startControl({ folder, report: untold, commands: commands([]) }), exits(73));
  } finally {
    await control.close();
  }
  assert.deepEqual(readdirSync(folder), []);
});

test('closing waits for pending answers, and not for clients that have sent no request', async () => {
  let answer = (): void => {};
  const due = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const called: string[] = [];
  const control = await startControl({
    report: untold,
    folder,
    commands: {
      ...commands(called),
      start: (profile) => {
        called.push(profile);
        return due;
      },
    },
  });
  const path = controlSocketPath(folder);
  const silent = ['', 'GET /status HTTP/1.1\r\nHo'].map((begun) => {
    const socket = connect(path);
    socket.on('error', () => {});
    socket.write(begun);
    return socket;
  });
  await Promise.all(silent.map((socket) => once(socket, 'connect')));
  const asked = sendCommand(path, 'POST', '/profiles/inbox/start');
  while (called.length === 0) await sendCommand(path, 'GET', '/status');
  const closed = control.close();
  answer();
  assert.deepEqual(await asked, { profile: 'inbox' });
  await closed;
  for (const socket of silent) socket.destroy();
});

/** The file of one that was killed. */
async function leaveStaleSocket(): Promise<void> {
  const server = createServer();
  const elsewhere = join(folder, 'elsewhere');
  await new Promise<void>((resolve) => server.listen(elsewhere, resolve));
  renameSync(elsewhere, controlSocketPath(folder));
  await new Promise((resolve) => server.close(resolve));
}

for (const stale of [false, true]) {
  test(`of several that start at once one runs, ${stale ? 'also after one that was killed' : 'and is heard'}`, async () => {
    if (stale) await leaveStaleSocket();
    const all = Array.from({ length: 5 }, () =>
      startControl({ folder, report: untold, commands: commands([]) }),
    );
    const outcomes = await Promise.allSettled(all);
    const controls = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    try {
      assert.equal(controls.length, 1);
      assert.ok(refusals.every(exits(73)), String(refusals));
      assert.deepEqual(await sendCommand(controlSocketPath(folder), 'GET', '/status'), status);
    } finally {
      for (const control of controls) await control.close();
    }
    assert.deepEqual(readdirSync(folder), []);
  });
}

test('an answer that is not JSON is an error, not a crash', async () => {
  const server = createServer((socket) => {
    socket.resume();
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello');
  });
  await new Promise<void>((resolve) => server.listen(controlSocketPath(folder), resolve));
  await assert.rejects(sendCommand(controlSocketPath(folder), 'GET', '/status'), exits(1));
  await new Promise((resolve) => server.close(resolve));
});

test('a gwproxy that is stopped or hangs is reported as one that does not answer', async () => {
  const server = createServer((socket) => void socket.resume());
  await new Promise<void>((resolve) => server.listen(controlSocketPath(folder), resolve));
  await assert.rejects(
    sendCommand(controlSocketPath(folder), 'GET', '/status', 50),
    /did not answer: .*within 0\.05 s/,
  );
  await new Promise((resolve) => server.close(resolve));
});

test('unmatched keys are listed and cleared over the socket', async () => {
  const called: string[] = [];
  const control = await startControl({ folder, report: untold, commands: commands(called) });
  const path = controlSocketPath(folder);
  try {
    const [entry] = parseUnmatched(await sendCommand(path, 'GET', '/unmatched'));
    assert.deepEqual([entry?.platform, entry?.fields, entry?.count], ['slack', { team: 'T0AAAAAAA1' }, 2]);
    assert.deepEqual(called, []);
    assert.deepEqual(await sendCommand(path, 'POST', '/unmatched/clear'), { cleared: 1 });
    assert.deepEqual(called, ['clear']);
  } finally {
    await control.close();
  }
});

test('an answer of another version about unmatched keys is refused', () => {
  for (const value of [null, {}, { unmatched: {} }, { unmatched: [{ platform: 'slack' }] }]) {
    assert.throws(() => parseUnmatched(value), /another version/);
  }
});

test('an answer of another version about a reload is refused', () => {
  for (const value of [null, {}, { ok: true }, { ok: true, changes: 1, pending: [] }, { problems: 'many' }]) {
    assert.throws(() => parseReload(value), /another version/);
  }
  assert.deepEqual(parseReload({ ok: false, problems: ['one'] }), { ok: false, problems: ['one'] });
});

test('the spool is listed, retried and dropped over the socket', async () => {
  const called: string[] = [];
  const control = await startControl({ folder, report: untold, commands: commands(called) });
  const path = controlSocketPath(folder);
  try {
    const [entry] = parseSpool(await sendCommand(path, 'GET', '/spool')).spool;
    assert.deepEqual([entry?.id, entry?.state, entry?.last_status], ['0hol2199hhs', 'queued', '503']);
    const retried = await sendCommand(
      path,
      'POST',
      `/spool/retry?${writeChosen({ ids: ['0hol2199hhs', 'b'] })}`,
    );
    assert.equal(parseChanged(retried), 2);
    await sendCommand(path, 'POST', `/spool/drop?${writeChosen({ profile: 'inbox' })}`);
    await sendCommand(path, 'POST', `/spool/drop?${writeChosen({ all: true })}`);
    assert.deepEqual(called, [
      'retry {"ids":["0hol2199hhs","b"]}',
      'drop {"profile":"inbox"}',
      'drop {"all":true}',
    ]);
    for (const query of ['', '?', '?all&profile=inbox', '?ids=a']) {
      await assert.rejects(sendCommand(path, 'POST', `/spool/drop${query}`), exits(2));
    }
    assert.equal(called.length, 3);
  } finally {
    await control.close();
  }
});

test('a gwproxy that spools nothing says so', async () => {
  const control = await startControl({ folder, report: untold, commands: { ...commands([]), spool: null } });
  const path = controlSocketPath(folder);
  try {
    assert.deepEqual(parseSpool(await sendCommand(path, 'GET', '/spool')), { spool: [], unreadable: [] });
    assert.equal(parseChanged(await sendCommand(path, 'POST', '/spool/retry?all')), 0);
  } finally {
    await control.close();
  }
});

test('an answer of another version about its spool is refused', () => {
  assert.deepEqual(parseSpool({ spool: [] }), { spool: [], unreadable: [] }, 'of an older version');
  for (const value of [null, {}, { spool: {} }, { spool: [{ id: 'a' }] }, { spool: [], unreadable: [{}] }]) {
    assert.throws(() => parseSpool(value), /another version/);
  }
  for (const value of [null, {}, { changed: 'all' }])
    assert.throws(() => parseChanged(value), /another version/);
});
