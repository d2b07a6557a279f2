import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { batchId, PartialBatches } from '../../../src/door/repeats/partial-batches.ts';
import type { Route } from '../../../src/routing/route.ts';
import { LoopShare } from '../../../src/util/loop-share.ts';
import { keyedRoute, problemOf, startBot, startDoor, statusOf, target, untilIdle } from '../support/door.ts';
import { dial } from '../support/raw.ts';

/** A batch of Messenger's, an entry a page. */
function batch(...pages: readonly string[]): string {
  // Spaces, so that a body that is written anew is seen.
  return `{ "object": "page",  "entry": ${JSON.stringify(pages.map((id) => ({ id, time: 1 })))} }`;
}

function pageRoute(profile: string, page: string, fanOut = true): Route {
  return { ...keyedRoute(profile, 'messenger', { page: [page] }), fanOut };
}

function request(body: string): string {
  return `POST /webhook HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

const ANSWERED = /\r\n\r\n(?:\{.*\})?$/s;

async function send(t: TestContext, port: number, body: string): Promise<string> {
  return (await dial(t, port)).send(request(body)).until(ANSWERED);
}

/** Two gateways of which the second answers what `status` gives. */
async function two(t: TestContext, status: () => number) {
  const one = await startBot(t, (_req, res) => res.end('one’s own words'));
  const other = await startBot(t, (_req, res) => res.writeHead(status()).end());
  const door = await startDoor(t, {
    routes: [pageRoute('one', '111'), pageRoute('other', '222')],
    targets: [target('one', one.port), target('other', other.port)],
  });
  return { one, other, ...door };
}

test('a batch for two bots reaches both, byte for byte, and is answered once both took it', async (t) => {
  const { one, other, port, door } = await two(t, () => 204);
  const body = batch('111', '222');
  const received = await send(t, port, body);
  assert.match(received, /^HTTP\/1\.1 200 /);
  assert.match(received, /\r\nContent-Length: 0\r\n/);
  assert.doesNotMatch(received, /words/);
  for (const { requests } of [one, other]) {
    assert.deepEqual(
      requests.map((seen) => seen.body.toString()),
      [body],
    );
  }
  await untilIdle(door, 'one');
  await untilIdle(door, 'other');
});

test('a repeat goes only to the bot that did not accept the batch', async (t) => {
  let status = 500;
  const { one, other, port, refusals } = await two(t, () => status);
  const body = batch('111', '222');
  const received = await send(t, port, body);
  assert.equal(statusOf(received), 503);
  assert.match(received, /\r\nRetry-After: \d+\r\n/);
  assert.equal(problemOf(received).code, 'GWPROXY_FAN_OUT_INCOMPLETE');
  assert.doesNotMatch(received, /other|127\.0/);
  assert.ok(refusals().some(({ profile, detail }) => profile === 'other' && detail.includes('500')));
  status = 200;
  assert.equal(statusOf(await send(t, port, batch('222', '111'))), 200, 'another body is another batch');
  assert.deepEqual([one.requests.length, other.requests.length], [2, 2]);
  assert.equal(statusOf(await send(t, port, body)), 200);
  assert.deepEqual([one.requests.length, other.requests.length], [2, 3]);
  assert.equal(statusOf(await send(t, port, body)), 200, 'taken by all, it is news when it comes again');
  assert.deepEqual([one.requests.length, other.requests.length], [3, 4]);
});

test('each bot of a batch is waited for on its own', async (t) => {
  const one = await startBot(t);
  const other = await startBot(t);
  const routes = [pageRoute('one', '111'), pageRoute('other', '222')];
  const { port, supervisor } = await startDoor(t, {
    routes,
    targets: [target('one', one.port), target('other', other.port, { state: 'pending' })],
  });
  const answer = send(t, port, batch('111', '222'));
  await supervisor.called('ensureReady');
  assert.equal(other.requests.length, 0);
  supervisor.publish(routes, [target('one', one.port), target('other', other.port)]);
  assert.equal(statusOf(await answer), 200);
  assert.deepEqual([one.requests.length, other.requests.length], [1, 1]);
});

test('a bot that is down is reported, and the others get the batch', async (t) => {
  const one = await startBot(t);
  const { port, refusals } = await startDoor(t, {
    routes: [pageRoute('one', '111'), pageRoute('other', '222')],
    targets: [target('one', one.port), target('other', 1, { state: 'down' })],
  });
  assert.equal(statusOf(await send(t, port, batch('111', '222'))), 503);
  assert.equal(one.requests.length, 1);
  assert.deepEqual(
    refusals().map(({ code, profile }) => [code, profile]),
    [
      ['GWPROXY_UPSTREAM_NOT_READY', 'other'],
      ['GWPROXY_FAN_OUT_INCOMPLETE', null],
    ],
  );
});

test('a client that disconnects ends the requests in flight, and its repeat goes only to those that did not accept it', async (t) => {
  let hang = true;
  let left = (): void => {};
  const gone = new Promise<void>((resolve) => {
    left = resolve;
  });
  const one = await startBot(t);
  const other = await startBot(t, (req, res) => {
    if (!hang) res.end();
    else req.socket.once('close', () => left());
  });
  const { port, door } = await startDoor(t, {
    routes: [pageRoute('one', '111'), pageRoute('other', '222')],
    targets: [target('one', one.port), target('other', other.port)],
  });
  const client = await dial(t, port);
  client.send(request(batch('111', '222')));
  while (one.requests.length + other.requests.length < 2) await new Promise((done) => setImmediate(done));
  await untilIdle(door, 'one');
  client.socket.destroy();
  await gone;
  await untilIdle(door, 'other');
  hang = false;
  assert.equal(statusOf(await send(t, port, batch('111', '222'))), 200);
  assert.deepEqual([one.requests.length, other.requests.length], [1, 2]);
});

test('without fan_out a batch for two bots reaches neither, and only the operator learns whose it is', async (t) => {
  const one = await startBot(t);
  const other = await startBot(t);
  const { port, events } = await startDoor(t, {
    routes: [pageRoute('one', '111'), pageRoute('other', '222', false)],
    targets: [target('one', one.port), target('other', other.port)],
  });
  const received = await send(t, port, batch('111', '222'));
  assert.equal(statusOf(received), 503);
  assert.equal(problemOf(received).code, 'GWPROXY_MIXED_BATCH');
  assert.match(received, /\r\nRetry-After: /);
  // Its id is random, and may well hold three of the same digits.
  const rest = received.replaceAll(problemOf(received).request_id, '');
  assert.doesNotMatch(rest, /111|222|one|other/);
  assert.deepEqual([one.requests.length, other.requests.length], [0, 0]);
  const [told] = events.filter((event) => event.type === 'door.mixed-batch');
  assert.deepEqual(told?.lacking, ['other']);
  assert.deepEqual(
    told?.attributes.map(({ fields }) => fields),
    [{ page: '111' }, { page: '222' }],
  );
});

test('an event about a batch names no more than twenty of its bots', async (t) => {
  const pages = Array.from({ length: 50 }, (_, index) => String(1000 + index));
  const { port, events } = await startDoor(t, {
    routes: [pageRoute('one', '1000', false), pageRoute('other', '1001', false)],
    targets: [],
  });
  await send(t, port, batch(...pages));
  const [told] = events.filter((event) => event.type === 'door.mixed-batch');
  assert.deepEqual([told?.attributes.length, told?.more], [20, 30]);
});

test('the unclaimed deliveries of a shared batch are recorded for the operator', async (t) => {
  const one = await startBot(t);
  const { port, door } = await startDoor(t, {
    routes: [pageRoute('one', '111')],
    targets: [target('one', one.port)],
  });
  assert.equal(statusOf(await send(t, port, batch('111', '333'))), 200);
  assert.equal(one.requests.length, 1);
  assert.deepEqual(
    door.unmatched.list().map(({ attributes }) => attributes.fields),
    [{ page: '333' }],
  );
});

test('what is remembered of repeats is bounded in number and age', () => {
  const taken = new PartialBatches();
  const by = new Set(['one']);
  for (let count = 0; count < 1001; count += 1) taken.record(`d${count}`, by, count);
  assert.equal(taken.size, 1000);
  assert.deepEqual([...taken.acceptedBy('d0', 1001)], []);
  assert.deepEqual([...taken.acceptedBy('d1', 1001)], ['one']);
  const hour = 60 * 60 * 1000;
  assert.deepEqual([...taken.acceptedBy('d1', hour + 2)], []);
  taken.record('new', by, 3 * hour);
  assert.equal(taken.size, 1);
});

test('two repeats of one delivery that overlap remember what both learned', () => {
  const taken = new PartialBatches();
  taken.record('d', new Set(['one']), 1);
  taken.record('d', new Set(['two']), 2);
  assert.deepEqual([...taken.acceptedBy('d', 3)].sort(), ['one', 'two']);
});

test('deliveries are distinguished by sender, target and every byte of the body', async () => {
  const loop = new LoopShare();
  const ids = await Promise.all([
    batchId(loop, 'graph', 'a/x', Buffer.from('1')),
    batchId(loop, 'messenger', 'a/x', Buffer.from('1')),
    batchId(loop, 'graph', 'a/x1', Buffer.from('')),
    batchId(loop, 'graph', 'a/x', Buffer.from('2')),
  ]);
  assert.equal(new Set(ids).size, ids.length);
});
