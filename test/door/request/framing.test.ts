import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APP, activity, activityRequest, appRoute, pathRoute, startDoor, target } from '../support/door.ts';
import { dial, rawUpstream } from '../support/raw.ts';

const HOST = 'Host: bots.example.com\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** A request hidden in a body: it must never begin where the upstream expects one to begin. */
const SMUGGLED = 'GET /internal HTTP/1.1\r\nHost: internal\r\n\r\n';

/** Cuts one request, by its framing, off the bytes that an upstream received. */
function readOne(bytes: string): { readonly head: string; readonly body: string; readonly rest: string } {
  const end = bytes.indexOf('\r\n\r\n');
  assert.notEqual(end, -1, bytes);
  const head = bytes.slice(0, end);
  let rest = bytes.slice(end + 4);
  const lengths = [...head.matchAll(/\r\ncontent-length: (\d+)/gi)];
  const chunked = /\r\ntransfer-encoding: chunked/i.test(head);
  assert.ok(lengths.length + (chunked ? 1 : 0) <= 1, head);
  if (!chunked) {
    const length = Number(lengths[0]?.[1] ?? 0);
    return { head, body: rest.slice(0, length), rest: rest.slice(length) };
  }
  let body = '';
  for (;;) {
    const [, size = '', after = ''] = /^([0-9a-f]+)\r\n(.*)$/is.exec(rest) ?? [];
    const length = Number.parseInt(size, 16);
    assert.ok(Number.isInteger(length), rest);
    body += after.slice(0, length);
    rest = after.slice(length + 2);
    if (length === 0) return { head, body, rest };
  }
}

for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
  for (const framing of ['Content-Length', 'chunked'] as const) {
    test(`a ${method} with a body by ${framing} is framed anew, and nothing is left behind it`, async (t) => {
      const upstream = await rawUpstream(t);
      const { port } = await startDoor(t, {
        routes: [pathRoute('a')],
        targets: [target('a', upstream.port)],
      });
      const client = await dial(t, port);
      client.send(
        framing === 'chunked'
          ? `${method} /x HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n${SMUGGLED.length.toString(16)};ext=1\r\n${SMUGGLED}\r\n0\r\nX-Trailer: 1\r\n\r\n`
          : `${method} /x HTTP/1.1\r\n${HOST}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
      );
      const peer = await upstream.take();
      await peer.until(framing === 'chunked' ? /\r\n0\r\n\r\n$/ : /Host: internal\r\n\r\n$/);
      peer.send(OK);
      await client.until(/^HTTP\/1\.1 200 [\s\S]*\r\n\r\n/);
      const { head, body, rest } = readOne(upstream.received());
      assert.match(head, new RegExp(`^${method} /x HTTP/1\\.1\r\n`));
      assert.equal(body, SMUGGLED);
      assert.equal(rest, '');
      assert.doesNotMatch(head, /trailer/i);
    });
  }

  test(`a ${method} without a body stays without one`, async (t) => {
    const upstream = await rawUpstream(t);
    const { port } = await startDoor(t, { routes: [pathRoute('a')], targets: [target('a', upstream.port)] });
    const client = await dial(t, port);
    client.send(`${method} /x HTTP/1.1\r\n${HOST}\r\n`);
    const peer = await upstream.take();
    await peer.until(/\r\n\r\n$/);
    peer.send(OK);
    await client.until(/^HTTP\/1\.1 200 [\s\S]*\r\n\r\n/);
    const { head, body, rest } = readOne(upstream.received());
    assert.equal(body + rest, '');
    assert.doesNotMatch(head, /transfer-encoding/i);
  });
}

test('a keyed request that came chunked goes on with a length', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, {
    routes: [appRoute('a', APP)],
    targets: [target('a', upstream.port)],
  });
  const body = activity(APP);
  const client = await dial(t, port);
  client.send(
    `POST / HTTP/1.1\r\n${HOST}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  for (const part of [body.slice(0, 7), body.slice(7)])
    client.send(`${part.length.toString(16)}\r\n${part}\r\n`);
  client.send('0\r\n\r\n');
  const peer = await upstream.take();
  await peer.until(/\}$/);
  peer.send(OK);
  await client.until(/ok$/);
  const read = readOne(upstream.received());
  assert.equal(read.body, body);
  assert.match(read.head, new RegExp(`content-length: ${body.length}`, 'i'));
});

test('two requests on one connection reach the upstream as two', async (t) => {
  const upstream = await rawUpstream(t);
  const { port } = await startDoor(t, {
    routes: [appRoute('a', APP)],
    targets: [target('a', upstream.port)],
  });
  const client = await dial(t, port);
  const bodies = [activity(APP, 'one'), activity(APP, 'two')];
  client.send(activityRequest(bodies[0] ?? '') + activityRequest(bodies[1] ?? ''));
  for (const _ of bodies) {
    const peer = await upstream.take();
    await peer.until(/\}$/);
    peer.send(OK);
  }
  await client.until(/ok[\s\S]*ok$/);
  const first = readOne(upstream.received());
  const second = readOne(first.rest);
  assert.deepEqual([first.body, second.body].sort(), bodies.toSorted());
  assert.equal(second.rest, '');
});
