import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type TestContext, test } from 'node:test';
import { listen } from '../../support/sockets.ts';
import type { Delivery } from '../load.ts';
import { deliver } from './deliver.ts';
import { BOT_FRAMEWORK, type Patience, slackPatience } from './patience.ts';
import { eventOf } from './slack.ts';

const DELIVERY: Delivery = { id: 'd1-0', bot: 'one', kind: 'event', room: 0, at: 0 };
const SLACK: Patience = { perRequest: 5000, repeats: [0, 1, 1] };
const NEVER = new AbortController().signal;

type Reply = { readonly status: number; readonly headers?: Record<string, string> } | 'none';

/** Answers one request after the other as it is told; the headers that it was sent. */
async function answering(t: TestContext, replies: readonly Reply[]) {
  const heard: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    const reply = replies[heard.length] ?? 'none';
    heard.push(request.headers);
    if (reply !== 'none') response.writeHead(reply.status, reply.headers).end('text');
  });
  const url = `http://127.0.0.1:${await listen(t, server)}`;
  // Before the server is closed, which waits for the requests that it never answers.
  t.after(() => server.closeAllConnections());
  return { url, heard, server };
}

function post(url: string, patience: Patience) {
  return {
    url,
    patience,
    sending: (repeat: Parameters<typeof eventOf>[2]) =>
      eventOf(DELIVERY, { app: 'A0AAAAAAA1', secret: 'invented' }, repeat),
  };
}

test('Slack repeats what is not answered 2xx, and says so', async (t) => {
  const { url, heard } = await answering(t, [{ status: 503 }, { status: 404 }, { status: 200 }]);
  const { attempts, text } = await deliver(DELIVERY, post(url, SLACK), NEVER);
  assert.deepEqual(
    attempts.map(({ outcome }) => outcome),
    [503, 404, 200].map((status) => ({ is: 'status', status })),
  );
  assert.equal(text, 'text');
  assert.deepEqual(
    heard.map((headers) => [headers['x-slack-retry-num'], headers['x-slack-retry-reason']]),
    [
      [undefined, undefined],
      ['1', 'http_error'],
      ['2', 'http_error'],
    ],
  );
});

test('and gives up after three repeats, or at once where it is told not to repeat', async (t) => {
  const failing = await answering(t, Array(5).fill({ status: 503 }));
  assert.equal((await deliver(DELIVERY, post(failing.url, SLACK), NEVER)).attempts.length, 4);
  const forbidding = await answering(t, [{ status: 500, headers: { 'X-Slack-No-Retry': '1' } }]);
  assert.equal((await deliver(DELIVERY, post(forbidding.url, SLACK), NEVER)).attempts.length, 1);
});

test('Bot Framework sends once, whatever it hears', async (t) => {
  const { url, heard } = await answering(t, [{ status: 503 }]);
  await deliver(DELIVERY, post(url, BOT_FRAMEWORK), NEVER);
  assert.equal(heard.length, 1);
});

test('patience that ends, and a connection that breaks or is refused, are told apart', async (t) => {
  const silent = await answering(t, ['none']);
  const once_ = { perRequest: 50, repeats: [] };
  const late = await deliver(DELIVERY, post(silent.url, once_), NEVER);
  assert.deepEqual(late.attempts[0]?.outcome, { is: 'gave up' });

  const refusing = createServer().listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  const address = refusing.address();
  assert.ok(address !== null && typeof address === 'object');
  refusing.close();
  await once(refusing, 'close');
  const refused = await deliver(DELIVERY, post(`http://127.0.0.1:${address.port}`, BOT_FRAMEWORK), NEVER);
  assert.deepEqual(refused.attempts[0]?.outcome, { is: 'error', code: 'ECONNREFUSED' });
});

test('ends with the run', async (t) => {
  const { url, server } = await answering(t, ['none']);
  const over = new AbortController();
  server.once('request', () => over.abort(new Error('the run is over')));
  await assert.rejects(deliver(DELIVERY, post(url, SLACK), over.signal), /the run is over/);
});

test("Slack's repeats are as late as Slack's in twelve minutes, and in proportion in less", () => {
  assert.deepEqual(slackPatience(720_000).repeats, [0, 60_000, 300_000]);
  assert.deepEqual(slackPatience(7_200_000).repeats, [0, 60_000, 300_000]);
  assert.deepEqual(slackPatience(120_000).repeats, [0, 10_000, 50_000]);
});
