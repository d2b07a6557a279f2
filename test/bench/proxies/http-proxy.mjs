// http-proxy 1.18.1 as its documentation shows it for a body that was read to find its target.
import { Agent, createServer } from 'node:http';
import { Readable } from 'node:stream';
import httpProxy from 'http-proxy';
import { appId } from '../activity.mjs';

const ports = process.argv.slice(2);
const targets = new Map(ports.map((port, bot) => [`28:${appId(bot)}`, `http://127.0.0.1:${port}`]));
const proxy = httpProxy.createProxyServer({ agent: new Agent({ keepAlive: true }), xfwd: true });
const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const target = targets.get(JSON.parse(body).recipient.id);
    proxy.web(request, response, { target, buffer: Readable.from([body]) }, () =>
      response.writeHead(502).end(),
    );
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
