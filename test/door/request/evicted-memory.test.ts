import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Exchange } from '../../../src/door/http/exchange.ts';
import { inspectBody } from '../../../src/door/match/inspect-body.ts';
import { readHead } from '../../../src/door/request/read-head.ts';
import { DoorError } from '../../../src/errors.ts';
import { compileBodyReads } from '../../../src/routing/body/inspect.ts';
import { platforms } from '../../../src/routing/platforms/index.ts';
import { LoopShare } from '../../../src/util/loop-share.ts';
import { APP, appRoute, startBot, startDoor, target } from '../support/door.ts';
import { dial } from '../support/raw.ts';

// A body that gives way must really give its memory back, or limits.buffered bounds nothing.

const MIB = 1024 * 1024;

/** Bytes of all buffers that somebody still knows. */
function liveBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  assert.ok(typeof collect === 'function');
  collect();
  return process.memoryUsage().arrayBuffers;
}

test('evicted bodies are out of memory before their connections are closed', async (t) => {
  const bot = await startBot(t);
  const { port, refusals } = await startDoor(t, {
    routes: [appRoute('a', APP)],
    targets: [target('a', bot.port)],
    limits: { buffered: 8 * MIB, body: 4 * MIB },
  });
  const unfinished = Buffer.alloc(4 * MIB - 70_000, ' ');
  const before = liveBytes();
  const clients = await Promise.all(Array.from({ length: 40 }, () => dial(t, port)));
  for (const client of clients) {
    client.send(
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${4 * MIB}\r\n\r\n`,
    );
    client.send(unfinished);
  }
  while (refusals().length < 36) await new Promise((resolve) => setImmediate(resolve));
  const live = liveBytes() - before;
  // Twice limits.buffered and what sockets hold; the bodies that gave way are ten times as much.
  assert.ok(live < 48 * MIB, `${Math.round(live / MIB)} MiB`);
});

test('no further slice of work is done on a body that was evicted', async () => {
  const body = Buffer.from(`[${'1,'.repeat(200_000)}1]`);
  const head = readHead({
    method: 'POST',
    url: '/',
    httpVersion: '1.1',
    rawHeaders: ['Host', 'a', 'Content-Type', 'application/json', 'Content-Length', String(body.length)],
  });
  const overloaded = new DoorError('GWPROXY_OVERLOADED', 'evicted');
  let slices = 0;
  const exchange: Pick<Exchange, 'isDisconnected' | 'memory'> = {
    isDisconnected: false,
    memory: {
      bytes: body.length,
      checkNotEvicted: () => {
        slices += 1;
        if (slices > 2) throw overloaded;
      },
      keepFor: () => {},
      release: () => {},
    },
  };
  const inspected = inspectBody(new LoopShare(), exchange, head, body, compileBodyReads(platforms));
  await assert.rejects(Promise.resolve(inspected), overloaded);
  assert.equal(slices, 3);
});
