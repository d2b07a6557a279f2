import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Whether an upgrade is the opening handshake of a WebSocket (RFC 6455 §4.2.1). Any other Upgrade is an offer: Apache
 * HttpClient 5.4 offers TLS/1.2 and Java's HttpClient h2c with every request that they send. A server ignores what it
 * does not support, and any Upgrade in HTTP/1.0 (RFC 9110 §7.8).
 */
export function isWebSocketHandshake({ method, httpVersion, headers }: IncomingMessage): boolean {
  const protocols = (headers.upgrade ?? '').toLowerCase().split(',');
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
  return (
    method === 'GET' &&
    httpVersion === '1.1' &&
    protocols.some((protocol) => protocol.trim() === 'websocket') &&
    headers['sec-websocket-key'] !== undefined &&
    !hasBody
  );
}

/**
 * Puts a request whose offer is ignored back in front of the bytes that follow it, without its Upgrade: read again, it is
 * an ordinary request. Node has no other way that keeps those bytes: its parser stops at an upgrade, and without a
 * listener for upgrades it drops what else has arrived (a pipelined request). `early` is what Node read after the head.
 * The caller must then give the socket to its server again.
 */
export function withdrawOffer(req: IncomingMessage, socket: Socket, early: Buffer): void {
  let head = `${req.method ?? ''} ${req.url ?? ''} HTTP/${req.httpVersion}\r\n`;
  for (let at = 0; at + 1 < req.rawHeaders.length; at += 2) {
    const name = req.rawHeaders[at] ?? '';
    // No blank after the colon, so that the head is never longer than it was, and within the limit still.
    if (name.toLowerCase() !== 'upgrade') head += `${name}:${req.rawHeaders[at + 1] ?? ''}\r\n`;
  }
  socket.unshift(Buffer.concat([Buffer.from(`${head}\r\n`, 'latin1'), early]));
}
