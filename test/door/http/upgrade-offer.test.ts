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
import { dial, exchangeRaw } from '../support/raw.ts';

const ROUTES = [pathRoute('a', '/hook'), appRoute('b', APP, '/api')];
const WEBSOCKET = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';

/** The door, in front of two bots that answer with the path and the body that they got. */
async function startEchoes(t: Parameters<typeof startDoor>[0]) {
  const bot = await startBot(t, (req, res, body) => res.end(`<${req.method} ${req.url} ${body}>`));
  const { port } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', bot.port), target('b', bot.port)],
  });
  return { bot, port };
}

function post(path: string, body: string, headers: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

const TLS = 'Upgrade: TLS/1.2\r\nConnection: Upgrade\r\n';

const OFFERS: readonly (readonly [string, string])[] = [
  ['TLS, as Apache HttpClient does', TLS],
  [
    "h2c, as Java's HttpClient does",
    'Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\n',
  ],
  ['several protocols', 'Connection: keep-alive, upgrade\r\nUpgrade: h2c, TLS/1.2\r\nupgrade: irc/6.9\r\n'],
  ['a WebSocket in a POST', `Connection: Upgrade\r\nUpgrade: websocket\r\n${WEBSOCKET}`],
];

for (const [name, headers] of OFFERS) {
  test(`a POST that offers ${name} is served as if it did not`, async (t) => {
    const { bot, port } = await startEchoes(t);
    const client = await dial(t, port);
    assert.match(
      await client.send(post('/hook', 'one', headers)).until(/>/),
      /^HTTP\/1\.1 200 .*<POST \/hook one>/s,
    );
    // A route that needs the body, on the connection that offered before.
    const keyed = activity(APP);
    await client.send(post('/api/messages', keyed, headers)).until(/<POST \/api\/messages \{.*>/s);
    assert.deepEqual(
      bot.requests.map(({ body }) => String(body)),
      ['one', keyed],
    );
    for (const { req } of bot.requests) {
      for (const hop of ['upgrade', 'http2-settings']) assert.equal(req.headers[hop], undefined, hop);
    }
  });
}

const SERVED: readonly (readonly [string, string, RegExp])[] = [
  ['a GET', `GET /hook/1 HTTP/1.1\r\nHost: a\r\n${TLS}\r\n`, /<GET \/hook\/1 >/],
  ['HTTP/1.0', `POST /hook HTTP/1.0\r\nHost: a\r\nContent-Length: 1\r\n${TLS}\r\nx`, /<POST \/hook x>/],
  [
    'a chunked body',
    `POST /hook HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n${TLS}\r\n3\r\nabc\r\n0\r\n\r\n`,
    /<POST \/hook abc>/,
  ],
  [
    'a WebSocket without a key',
    'GET /hook/2 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    /<GET \/hook\/2 >/,
  ],
  [
    'a WebSocket in HTTP/1.0',
    `GET /hook/3 HTTP/1.0\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${WEBSOCKET}\r\n`,
    /<GET \/hook\/3 >/,
  ],
  [
    'a WebSocket with a body',
    `GET /hook/4 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n${WEBSOCKET}\r\nhi`,
    /<GET \/hook\/4 hi>/,
  ],
  [
    'a client that waits for 100 Continue',
    `POST /hook HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n${TLS}\r\nx`,
    /^HTTP\/1\.1 100 Continue.*<POST \/hook x>/s,
  ],
];

for (const [name, bytes, answer] of SERVED) {
  test(`an offer is ignored in ${name}`, async (t) => {
    const { port } = await startEchoes(t);
    await (await dial(t, port)).send(bytes).until(answer);
  });
}

test('what is pipelined behind an offer is answered in order', async (t) => {
  const { port } = await startEchoes(t);
  const client = await dial(t, port);
  client.send(
    `${post('/hook/1', 'one', TLS)}${post('/hook/2', 'two', '')}GET /hook/3 HTTP/1.1\r\nHost: a\r\n\r\n`,
  );
  const received = await client.until(/<GET/);
  assert.deepEqual(received.match(/<\S+ \S+/g), ['<POST /hook/1', '<POST /hook/2', '<GET /hook/3']);
});

test('bytes that arrive later belong to the offering request, whatever they look like', async (t) => {
  const { bot, port } = await startEchoes(t);
  const inner = 'GET /hook/inner HTTP/1.1\r\nHost: a\r\n\r\n';
  const whole = post('/hook/outer', inner, TLS);
  const client = await dial(t, port);
  client.send(whole.slice(0, -inner.length));
  await client.send(inner).until(/>/);
  assert.deepEqual(
    bot.requests.map(({ req }) => req.url),
    ['/hook/outer'],
  );
});

test('a faulty request with an offer is refused for its fault', async (t) => {
  const { bot, port } = await startEchoes(t);
  const faults = [
    `GET /hook HTTP/1.1\r\n${TLS}\r\n`,
    `POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n${TLS}\r\nx`,
    `POST /hook HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n${TLS}\r\n0\r\n\r\n`,
  ];
  for (const fault of faults) assert.equal(statusOf(await exchangeRaw(t, port, fault)), 400, fault);
  assert.equal(bot.requests.length, 0);
});

test('an offer right behind a refused request closes the connection after the refusal', async (t) => {
  const { port } = await startEchoes(t);
  const received = await exchangeRaw(
    t,
    port,
    `TRACE /hook HTTP/1.1\r\nHost: a\r\n\r\n${post('/hook', 'x', TLS)}`,
  );
  assert.equal(statusOf(received), 405);
  assert.equal(received.split('HTTP/1.1 ').length, 2);
});

test('a connection that offers an upgrade keeps its place where no more connections are allowed', async (t) => {
  const bot = await startBot(t);
  const { port } = await startDoor(t, {
    routes: ROUTES,
    targets: [target('a', bot.port)],
    limits: { connections: 1 },
  });
  const client = await dial(t, port);
  assert.equal(statusOf(await client.send(post('/hook', 'one', TLS)).until(/ok$/)), 200);
});
