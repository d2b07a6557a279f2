import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  APP,
  activity,
  appRoute,
  pathRoute,
  startBot,
  startDoor,
  statusOf,
  target,
} from '../support/door.ts';
import { dial } from '../support/raw.ts';

function head(path: string, length: number): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
}

test('100 Continue is sent once the body is wanted, for routing or for the gateway', async (t) => {
  const bot = await startBot(t);
  const routes = [appRoute('a', APP), pathRoute('a', '/path')];
  const { port } = await startDoor(t, { routes, targets: [target('a', bot.port)] });
  const body = activity(APP);
  for (const path of ['/', '/path']) {
    const client = await dial(t, port);
    client.send(head(path, body.length));
    await client.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    await client.send(body).until(/HTTP\/1\.1 200 OK[\s\S]*ok/);
  }
  assert.deepEqual(
    bot.requests.map(({ req }) => req.headers.expect),
    [undefined, undefined],
  );
  assert.deepEqual(
    bot.requests.map((request) => request.body.toString()),
    [body, body],
  );
});

test('a refused request gets its final status without it, and the connection closes', async (t) => {
  const bot = await startBot(t);
  const { port } = await startDoor(t, {
    routes: [appRoute('a', APP, '/api')],
    targets: [target('a', bot.port)],
    limits: { body: 100 },
  });
  for (const [path, status] of [
    ['/api', 413],
    ['/other', 404],
  ] as const) {
    const received = await (await dial(t, port)).send(head(path, 101)).end();
    assert.equal(statusOf(received), status);
    assert.match(received, /\r\nconnection: close\r\n/i);
  }
});

test('a held request that will be streamed is not asked for its body', async (t) => {
  const bot = await startBot(t);
  const routes = [pathRoute('a')];
  const { port, supervisor } = await startDoor(t, {
    routes,
    targets: [target('a', bot.port, { state: 'pending' })],
  });
  const client = await dial(t, port);
  client.send(head('/', 2));
  await supervisor.called('ensureReady');
  assert.equal(client.received, '');
  supervisor.publish(routes, [target('a', bot.port)]);
  await client.until(/100 Continue/);
  await client.send('{}').until(/200 OK[\s\S]*ok/);
});
