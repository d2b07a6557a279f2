// The least that a proxy on node:http and undici does: read, parse, dispatch, copy the answer back.
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { appId } from '../activity.mjs';

const ports = process.argv.slice(2);
const targets = new Map(ports.map((port, bot) => [`28:${appId(bot)}`, new Pool(`http://127.0.0.1:${port}`)]));
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'expect',
  'upgrade',
]);

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const pool = targets.get(JSON.parse(body).recipient.id);
    const headers = [];
    for (let index = 0; index < request.rawHeaders.length; index += 2) {
      if (HOP_BY_HOP.has(request.rawHeaders[index].toLowerCase())) continue;
      headers.push(request.rawHeaders[index], request.rawHeaders[index + 1]);
    }
    pool.dispatch(
      { method: request.method, path: request.url, headers, body },
      {
        onRequestStart() {},
        onResponseStart(_controller, status, answerHeaders) {
          delete answerHeaders.connection;
          delete answerHeaders['keep-alive'];
          response.writeHead(status, answerHeaders);
        },
        onResponseData(_controller, chunk) {
          response.write(chunk);
        },
        onResponseEnd() {
          response.end();
        },
        onResponseError() {
          response.writeHead(502).end();
        },
      },
    );
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
