import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import { type TestContext, test } from 'node:test';
import { probe } from '../../src/supervisor/probe.ts';

const never = new AbortController().signal;

async function portOf(t: TestContext, server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

function ask(port: number, path: string | null, timeout = 5000, signal = never) {
  return probe({ host: '127.0.0.1', port, path, timeout }, signal);
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
  assert.deepEqual(await ask(port, '/301'), { ok: false, reason: 'its health path answered 301' });
  assert.deepEqual(await ask(port, '/503'), { ok: false, reason: 'its health path answered 503' });
});

test('a probe asks for no connection to be kept', async (t) => {
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

test('nobody there is not ready', async (t) => {
  const server = createTcpServer();
  const port = await portOf(t, server);
  server.close();
  await once(server, 'close');
  assert.deepEqual(await ask(port, null), { ok: false, reason: 'connection refused' });
  assert.deepEqual(await ask(port, '/'), { ok: false, reason: 'connection refused' });
});

test('a listener that hangs is lost after the timeout', async (t) => {
  const server = createServer();
  t.after(() => server.closeAllConnections());
  const port = await portOf(t, server);
  assert.deepEqual(await ask(port, '/', 50), { ok: false, reason: 'no answer within 50ms' });
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

test('a probe ends with its generation', async (t) => {
  const server = createServer(() => generation.abort());
  const generation = new AbortController();
  t.after(() => server.closeAllConnections());
  const port = await portOf(t, server);
  assert.deepEqual(await ask(port, '/', 5000, generation.signal), { ok: false, reason: 'aborted' });
});
