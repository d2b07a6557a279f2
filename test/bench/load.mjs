import { connect } from 'node:net';
import { activity, bots } from './activity.mjs';

const ID = '1700000000000';
let sent = 0;

/** Each another message: gwproxy brings a sender's repeat to its gateway once. */
function numbered({ bytes, idAt }) {
  sent += 1;
  const copy = Buffer.from(bytes);
  copy.write(String(1_700_000_000_000 + sent), idAt, 'latin1');
  return copy;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * Sends `requests` activities over `connections` keep-alive connections, one at a time on each, and checks
 * every answer: its status, which upstream gave it, and how many bytes that upstream got.
 */
export async function load({ port, connections, requests }) {
  const calls = Array.from({ length: bots }, (_, bot) => {
    const body = activity(bot);
    const head =
      'POST /api/messages HTTP/1.1\r\nHost: bots.example.com\r\nUser-Agent: bench\r\nAccept: */*\r\n' +
      'Authorization: Bearer not-a-token\r\nContent-Type: application/json; charset=utf-8\r\n' +
      `Content-Length: ${body.length}\r\n\r\n`;
    const bytes = Buffer.concat([Buffer.from(head), body]);
    return { bytes, idAt: bytes.indexOf(ID), wanted: `${bot} ${body.length}` };
  });
  let started = 0;
  let wrong = 0;
  const begun = process.hrtime.bigint();
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise((resolve, reject) => {
          const socket = connect(port, '127.0.0.1');
          let call;
          let received = Buffer.alloc(0);
          const next = () => {
            if (started >= requests) {
              socket.end();
              resolve();
              return;
            }
            call = calls[started % calls.length];
            started += 1;
            socket.write(numbered(call));
          };
          socket.setNoDelay(true);
          socket.once('connect', next);
          socket.on('error', reject);
          socket.on('close', () => reject(new Error('the proxy closed a connection')));
          socket.on('data', (chunk) => {
            received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
            const end = received.indexOf(HEAD_END);
            if (end === -1) return;
            const body = answerBody(received.toString('latin1', 0, end), received.subarray(end + 4));
            if (body === undefined) return;
            if (body !== call.wanted) wrong += 1;
            received = Buffer.alloc(0);
            next();
          });
        }),
    ),
  );
  if (wrong > 0) throw new Error(`${wrong} of ${requests} answers were wrong`);
  return { seconds: Number(process.hrtime.bigint() - begun) / 1e9 };
}

/** The whole body of a 200, undefined while it is not all there; any other status throws. */
function answerBody(head, rest) {
  if (!head.startsWith('HTTP/1.1 200 ')) throw new Error(`the proxy answered ${head.split('\r\n', 1)[0]}`);
  const length = /^content-length: (\d+)$/im.exec(head)?.[1];
  if (length !== undefined)
    return rest.length < Number(length) ? undefined : rest.toString('latin1', 0, Number(length));
  // Chunked: the upstreams' answers are one small chunk.
  const text = rest.toString('latin1');
  if (!text.endsWith('0\r\n\r\n')) return undefined;
  return text.split('\r\n')[1];
}
