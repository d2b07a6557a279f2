import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { allocationRange } from '../../../src/supervisor/ports/client-ports.ts';
import { PortBook, type PortWait } from '../../../src/supervisor/ports/port-book.ts';
import { isFree } from '../../../src/supervisor/ports/try-port.ts';
import { HAS_PROC } from '../../../src/supervisor/tree/proc.ts';
import { foreignServer, listener, profile } from '../support.ts';
import { closedConnection } from './connections.ts';

/** A start that is wanted, and says nothing of its wait. */
const NO_WAIT: PortWait = { isWanted: () => true, waits: () => {} };

async function rangeFor(t: TestContext, text: string): Promise<{ from: number; to: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'gwproxy-ports-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'ip_local_port_range'), text);
  return allocationRange(folder);
}

test('allocated ports lie outside the range of client sockets', async (t) => {
  assert.deepEqual(await rangeFor(t, '32768\t60999\n'), { from: 20_000, to: 32_767 });
  assert.deepEqual(await rangeFor(t, '1024 50000\n'), { from: 50_001, to: 65_535 });
  assert.deepEqual(await rangeFor(t, '1024 65535\n'), { from: 20_000, to: 32_767 });
  assert.deepEqual(await allocationRange('/no/such/file'), { from: 20_000, to: 32_767 });
});

test('a port is free if it can be bound, whichever process has it and on which address', async (t) => {
  const { port, server } = await foreignServer(t);
  assert.equal(await isFree('127.0.0.1', port), false);
  assert.equal(await isFree('0.0.0.0', port), false);
  server.close();
  await once(server, 'close');
  assert.equal(await isFree('127.0.0.1', port), true);
  const everywhere = createServer();
  everywhere.listen(port, '0.0.0.0');
  await once(everywhere, 'listening');
  t.after(() => everywhere.close());
  assert.equal(await isFree('127.0.0.1', port), false);
});

test('an allocated port is kept while it is free, and replaced when it is not', async (t) => {
  const alpha = profile('alpha', 'serve.mjs');
  const book = new PortBook([alpha], Math.random);
  const first = await book.acquire(alpha, NO_WAIT);
  const again = await book.acquire(alpha, NO_WAIT);
  assert.deepEqual(again, first);
  const port = book.of('alpha').get('http') ?? 0;
  const thief = createServer();
  thief.listen(port, '127.0.0.1');
  await once(thief, 'listening');
  t.after(() => thief.close());
  const after = await book.acquire(alpha, NO_WAIT);
  assert.ok(after.ok && after.ports.get('http') !== port);
});

test('a port that another profile has in the config is never allocated', async () => {
  // The search begins at the range's first port: that one is fixed for beta.
  const { from } = await allocationRange();
  const alpha = profile('alpha', 'serve.mjs');
  const beta = profile('beta', 'serve.mjs', { listeners: [{ ...listener, port: from }] });
  const book = new PortBook([alpha, beta], () => 0);
  const taken = await book.acquire(alpha, NO_WAIT);
  assert.ok(taken.ok && taken.ports.get('http') !== from);
});

test('a port that another profile was allocated stays its own while its gateway is down', async () => {
  const alpha = profile('alpha', 'serve.mjs');
  const beta = profile('beta', 'serve.mjs');
  // Both begin their search at the same port, which is free.
  const book = new PortBook([alpha, beta], () => 0.75);
  await book.acquire(alpha, NO_WAIT);
  await book.acquire(beta, NO_WAIT);
  assert.notEqual(book.of('alpha').get('http'), book.of('beta').get('http'));
});

test('two listeners of one gateway get two ports', async () => {
  const alpha = profile('alpha', 'half.mjs', {
    listeners: [
      { ...listener, name: 'messages' },
      { ...listener, name: 'webhook' },
    ],
  });
  const taken = await new PortBook([alpha], () => 0.25).acquire(alpha, NO_WAIT);
  assert.ok(taken.ok);
  assert.equal(new Set(taken.ports.values()).size, 2);
});

test('ports follow the config: those that are still wanted stay, the others are released', async () => {
  const auto = profile('alpha', 'half.mjs', {
    listeners: [
      { ...listener, name: 'messages' },
      { ...listener, name: 'webhook' },
    ],
  });
  const book = new PortBook([auto], () => 0.25);
  await book.acquire(auto, NO_WAIT);
  const [messages, webhook] = [book.of('alpha').get('messages'), book.of('alpha').get('webhook')];
  book.configure({ ...auto, listeners: [{ ...listener, name: 'messages' }] });
  assert.deepEqual([...book.of('alpha')], [['messages', messages]]);
  const beta = profile('beta', 'serve.mjs');
  book.configure(beta);
  await book.acquire(beta, NO_WAIT);
  assert.equal(book.of('beta').get('http'), webhook, 'the first that is free again');
  book.forget('alpha');
  assert.deepEqual([...book.of('alpha')], []);
  const gamma = profile('gamma', 'serve.mjs');
  await book.acquire(gamma, NO_WAIT);
  assert.equal(book.of('gamma').get('http'), messages);
});

test('a port that the config gives to another profile is released, and until then its owner is named', async (t) => {
  const alpha = profile('alpha', 'serve.mjs');
  const book = new PortBook([alpha], Math.random);
  await book.acquire(alpha, NO_WAIT);
  const port = book.of('alpha').get('http') ?? 0;
  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    if (server.listening) server.close();
  });
  const beta = profile('beta', 'serve.mjs', { listeners: [{ ...listener, port }] });
  book.configure(beta);
  const refused = await book.acquire(beta, NO_WAIT);
  assert.ok(!refused.ok);
  assert.equal(refused.reason, `port ${port} is in use by alpha, which it was allocated to; restart alpha`);
  server.close();
  await once(server, 'close');
  await book.acquire(alpha, NO_WAIT);
  assert.notEqual(book.of('alpha').get('http'), port);
  assert.ok((await book.acquire(beta, NO_WAIT)).ok);
});

test('a fixed port of a gateway that is ending is awaited', async (t) => {
  const { port, server } = await foreignServer(t);
  const at = { listeners: [{ ...listener, port }] };
  const book = new PortBook([profile('old', 'serve.mjs', at)], Math.random);
  book.freeOnceEnded('old', once(server, 'close'));
  const next = profile('next', 'serve.mjs', at);
  book.configure(next);
  const taken = book.acquire(next, NO_WAIT);
  server.close();
  assert.ok((await taken).ok);
});

if (HAS_PROC) {
  test('a port that only a closed connection keeps is awaited, which is said once', async (t) => {
    const { port, finish } = await closedConnection(t);
    const alpha = profile('alpha', 'serve.mjs', { listeners: [{ ...listener, port }] });
    const said: string[] = [];
    let told = (): void => {};
    const waits = new Promise<void>((resolve) => {
      told = resolve;
    });
    const wait: PortWait = {
      isWanted: () => true,
      waits: (reason) => {
        said.push(reason);
        told();
      },
    };
    const taken = new PortBook([alpha], Math.random).acquire(alpha, wait);
    await waits;
    finish();
    assert.deepEqual(await taken, { ok: true, ports: new Map([['http', port]]) });
    assert.deepEqual(said, [
      `port ${port} is not free yet: a connection on it was closed, and the system still waits for its other end`,
    ]);
  });

  test('a start that is not wanted any more ends its wait for a port', async (t) => {
    const { port } = await closedConnection(t);
    const alpha = profile('alpha', 'serve.mjs', { listeners: [{ ...listener, port }] });
    let isWanted = true;
    const wait: PortWait = {
      isWanted: () => isWanted,
      waits: () => {
        isWanted = false;
      },
    };
    const taken = await new PortBook([alpha], Math.random).acquire(alpha, wait);
    assert.ok(!taken.ok && taken.reason.startsWith(`port ${port} is not free yet`));
  });
}
