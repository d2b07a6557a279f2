import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { probe } from '../../../src/supervisor/health/probe.ts';

const never = new AbortController().signal;

async function portOf(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

interface Asked {
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  readonly status?: readonly number[];
  readonly body?: string;
}

function ask(port: number, path: string | null, asked: Asked = {}) {
  const { timeout = 5000, signal = never, status = null, body = null } = asked;
  return probe({ host: '127.0.0.1', port, path, timeout, status, body }, signal);
}

function unwell(reason: string) {
  return { ok: false, cause: 'unhealthy', reason };
}

test('2xx on the health path is ready, anything else is not', async (t) => {
  const port = await portOf(
    t,
    createServer((request, response) => {
      response.statusCode = Number(request.url?.slice(1));
      response.end('body');
    }),
  );
  assert.deepEqual(await ask(port, '/200'), { ok: true });
  assert.deepEqual(await ask(port, '/202'), { ok: true });
  for (const status of [301, 401, 405]) {
    const outcome = await ask(port, `/${status}`);
    assert.ok(!outcome.ok && outcome.reason === `its health path answered ${status}`);
    assert.match(outcome.advice ?? '', new RegExp(`^if that is its good answer, write .status: ${status}. `));
  }
  assert.deepEqual(await ask(port, '/503'), unwell('its health path answered 503'));
});

test('only the configured statuses are healthy', async (t) => {
  const port = await portOf(
    t,
    createServer((request, response) => {
      response.statusCode = Number(request.url?.slice(1));
      response.end();
    }),
  );
  assert.deepEqual(await ask(port, '/401', { status: [401, 404] }), { ok: true });
  assert.deepEqual(await ask(port, '/200', { status: [401, 404] }), unwell('its health path answered 200'));
});

test('the text of `body` is found wherever it stands, and however the answer is cut', async (t) => {
  const pieces: Readonly<Record<string, readonly string[]>> = {
    '/whole': ['all is well'],
    '/cut': ['all i', 's', ' ', 'we', 'll, thanks'],
    '/other': ['all is we', 'ak'],
    '/none': [],
    '/far': ['x'.repeat(64 * 1024 - 3), 'well'],
  };
  const port = await portOf(
    t,
    createServer(async (request, response) => {
      for (const piece of pieces[request.url ?? ''] ?? []) {
        response.write(piece);
        await new Promise(setImmediate);
      }
      response.end();
    }),
  );
  const lacking = unwell('its health path answered 200 without the text that body asks for');
  assert.deepEqual(await ask(port, '/whole', { body: 'well' }), { ok: true });
  assert.deepEqual(await ask(port, '/cut', { body: 'is well' }), { ok: true });
  assert.deepEqual(await ask(port, '/cut', { body: 's' }), { ok: true });
  assert.deepEqual(await ask(port, '/other', { body: 'is well' }), lacking);
  assert.deepEqual(await ask(port, '/none', { body: 'well' }), lacking);
  assert.deepEqual(await ask(port, '/far', { body: 'well' }), lacking);
});

test('the answer is read until the text is found, or until the time-out', async (t) => {
  const server = createServer((request, response) => {
    response.write(request.url === '/well' ? 'well' : 'unw');
  });
  t.after(() => server.closeAllConnections());
  const port = await portOf(t, server);
  assert.deepEqual(await ask(port, '/well', { body: 'well', timeout: 60_000 }), { ok: true });
  assert.deepEqual(await ask(port, '/', { body: 'well', timeout: 50 }), unwell('no answer within 50ms'));
});

test('a probe asks for its connection to be closed', async (t) => {
  let connection: string | undefined;
  const port = await portOf(
    t,
    createServer((request, response) => {
      connection = request.headers.connection;
      response.end();
    }),
  );
  await ask(port, '/');
  assert.equal(connection, 'close');
});

test('where there is no health path, an accepted connection is enough', async (t) => {
  const port = await portOf(
    t,
    createTcpServer((socket) => socket.resume()),
  );
  assert.deepEqual(await ask(port, null), { ok: true });
});

test('a port on which no process listens is not ready', async (t) => {
  const server = createTcpServer();
  const port = await portOf(t, server);
  server.close();
  await once(server, 'close');
  assert.deepEqual(await ask(port, null), { ok: false, cause: 'absent', reason: 'connection refused' });
  assert.deepEqual(await ask(port, '/'), { ok: false, cause: 'absent', reason: 'connection refused' });
});

test('the probe of a listener that hangs fails after the time-out', async (t) => {
  const server = createServer();
  t.after(() => server.closeAllConnections());
  const port = await portOf(t, server);
  assert.deepEqual(await ask(port, '/', { timeout: 50 }), unwell('no answer within 50ms'));
});

test('an endless answer is not read to its end', async (t) => {
  const server = createServer((_request, response) => {
    const block = Buffer.alloc(16 * 1024);
    const more = (): void => {
      while (!response.destroyed && response.write(block));
    };
    response.on('drain', more);
    more();
  });
  const port = await portOf(t, server);
  assert.deepEqual(await ask(port, '/'), { ok: true });
});

test('an aborted probe settles at once', async (t) => {
  const server = createServer(() => generation.abort());
  const generation = new AbortController();
  t.after(() => server.closeAllConnections());
  const port = await portOf(t, server);
  assert.deepEqual(await ask(port, '/', { signal: generation.signal }), unwell('aborted'));
});

test('an answer that is not HTTP, or none, is said to be that', async (t) => {
  const odd = await portOf(
    t,
    createTcpServer((socket) => socket.on('error', () => {}).end('\x15\x03\x01\x00\x02\x02\x28')),
  );
  const outcome = await ask(odd, '/');
  assert.ok(!outcome.ok && outcome.reason === 'its answer is not HTTP');
  assert.match(outcome.advice ?? '', /plain HTTP/);
  const shy = await portOf(
    t,
    createTcpServer((socket) => socket.on('error', () => {}).destroy()),
  );
  const none = await ask(shy, '/');
  assert.ok(!none.ok && none.reason === 'it closed the connection without an answer');
});
