import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { VerifyRules } from '../../../src/config/types.ts';
import { lineEvent, type Sending, slackEvent, telegramMessage } from '../../support/senders.ts';
import { type Bot, pathRoute, problemOf, startBot, startDoor, statusOf, target } from '../support/door.ts';
import { dial } from '../support/raw.ts';
import { rules, send } from '../support/verified.ts';

// Some gateways read JSON whatever the Content-Type says, so that a label is no way around verification.

const FORM = 'application/x-www-form-urlencoded';
const LABELS = [
  'text/plain',
  'text/plain; charset=iso-8859-1',
  'application/octet-stream',
  FORM,
  'text/xml',
  'multipart/form-data; boundary=x',
];
const MIB = 1024 * 1024;

interface Started {
  readonly bot: Bot;
  readonly port: number;
  readonly sent: (sending: Sending) => Promise<string>;
}

const VERIFY = { telegram: ['right'], line: ['right'], slack: ['right'] };

async function start(t: TestContext, verify: Partial<VerifyRules> = VERIFY): Promise<Started> {
  const bot = await startBot(t);
  const door = await startDoor(t, {
    routes: [pathRoute('a')],
    targets: [target('a', bot.port)],
    rules: [rules('a', verify)],
  });
  return { bot, port: door.port, sent: (sending) => send(t, door, sending) };
}

/** The sender's request without its marks, with that label. */
const labelled = (body: string, label: string): Sending => ({
  path: '/x',
  headers: { 'Content-Type': label },
  body,
});

const FORGED = {
  telegram: telegramMessage({ token: 'wrong', text: 'hi' }).body,
  line: lineEvent({ secret: 'wrong', destination: 'U1', text: 'hi' }).body,
  slack: slackEvent({ secret: 'wrong', team: 'T1', app: 'A1', text: 'hi' }).body,
};

for (const [sender, body] of Object.entries(FORGED)) {
  test(`JSON of ${sender} is verified whatever its Content-Type says`, async (t) => {
    const { bot, sent } = await start(t);
    for (const label of LABELS) {
      for (const before of ['', '\r\n\t ']) {
        const answer = await sent(labelled(before + body, label));
        // What begins as JSON and says that it is a form is refused where a verified sender writes forms (Slack).
        const isRefused = label === FORM && before === '';
        assert.equal(statusOf(answer), isRefused ? 400 : 401, label);
        assert.equal(problemOf(answer).code, isRefused ? 'GWPROXY_BODY_INVALID' : 'GWPROXY_UNVERIFIED');
      }
    }
    assert.equal(bot.requests.length, 0);
  });
}

test('the proof is accepted whatever the Content-Type says, and every byte of the body passes', async (t) => {
  const { bot, sent } = await start(t, { telegram: ['right'] });
  const { body, headers } = telegramMessage({ token: 'right', text: 'hi' });
  for (const label of LABELS) {
    assert.equal(
      statusOf(await sent({ path: '/x', headers: { ...headers, 'Content-Type': label }, body })),
      200,
    );
  }
  assert.deepEqual(new Set(bot.requests.map((request) => request.body.toString())), new Set([body]));
  assert.equal(bot.requests.length, LABELS.length);
});

test('JSON in another encoding, compressed, or begun by blanks alone is refused', async (t) => {
  const { bot, port } = await start(t);
  const send = async (head: string, ...parts: readonly Buffer[]): Promise<number> => {
    const length = parts.reduce((sum, { length: bytes }) => sum + bytes, 0);
    const client = await dial(t, port);
    client.send(
      `POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${head}Content-Length: ${length}\r\n\r\n`,
    );
    for (const part of parts) client.send(part);
    return statusOf(await client.end());
  };
  const binary = 'Content-Type: application/octet-stream\r\n';
  const json = Buffer.from(FORGED.telegram);
  const utf16 = Buffer.from(FORGED.telegram, 'utf16le');
  assert.equal(await send(binary, utf16), 400);
  assert.equal(await send(binary, Buffer.from(utf16).swap16()), 400);
  assert.equal(await send(binary, Buffer.from([0xff, 0xfe]), utf16), 400);
  assert.equal(await send(binary, Buffer.from([0xef, 0xbb, 0xbf]), json), 400);
  assert.equal(await send(binary, Buffer.alloc(300 * 1024, ' '), json), 401);
  assert.equal(await send(`${binary}Content-Encoding: gzip\r\n`, gzipSync(json)), 415);
  assert.equal(await send('Content-Type: text/plain; charset=utf-7\r\n', Buffer.from('+AHs-}')), 415);
  assert.equal(bot.requests.length, 0);
});

test('what does not begin as JSON is streamed, longer than limits.body too', async (t) => {
  const { bot, port } = await start(t);
  const upload = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47]), Buffer.alloc(6 * MIB, 'x')]);
  const client = await dial(t, port);
  client.send(
    `POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: image/png\r\nContent-Length: ${upload.length}\r\n\r\n`,
  );
  client.send(upload);
  assert.equal(statusOf(await client.end()), 200);
  assert.ok(bot.requests[0]?.body.equals(upload));
  // As a chunked body, and one that waits for 100 Continue.
  const chunked = await dial(t, port);
  chunked.send(
    'POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n',
  );
  await chunked.until(/100 Continue/);
  chunked.send('5\r\nhello\r\n').send('6\r\n world\r\n').send('0\r\n\r\n');
  assert.match(await chunked.end(), /HTTP\/1\.1 200/);
  assert.equal(bot.requests[1]?.body.toString(), 'hello world');
});

test('a client that leaves before the first byte of its body leaves nothing behind', async (t) => {
  const { bot, port, sent } = await start(t);
  const client = await dial(t, port);
  client.send('POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n');
  client.leave();
  assert.equal(statusOf(await sent(labelled('hello', 'text/plain'))), 200);
  assert.equal(bot.requests.length, 1);
});
