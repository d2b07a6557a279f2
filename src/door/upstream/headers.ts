import type { PublicUrl } from '../../config/types.ts';
import type { Peer } from '../http/peer.ts';
import type { Head } from '../request/head.ts';

export interface Forwarding {
  readonly peer: Peer;
  readonly publicUrl: PublicUrl | null;
  readonly requestId: string;
  /** The path prefix that is stripped; '' for none. */
  readonly stripped: string;
}

/**
 * The headers that a gateway gets; names and values alternate. They are the received ones in their order, case and
 * number, without hop-by-hop headers (RFC 9110 §7.6.1), Content-Length and Expect (the door frames every request anew
 * and answers Expect itself), and with the door's own X-Forwarded-* and X-Request-Id.
 */
export function requestHeaders(head: Head, { peer, publicUrl, requestId, stripped }: Forwarding): string[] {
  const { raw, names, connectionNames } = head;
  const out: string[] = [];
  let forwardedFor = '';
  let proto: string | undefined;
  let host: string | undefined;
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at] ?? '';
    const value = raw[2 * at + 1] ?? '';
    switch (name) {
      case 'connection':
      case 'keep-alive':
      case 'proxy-connection':
      case 'te':
      case 'trailer':
      case 'transfer-encoding':
      case 'upgrade':
      case 'http2-settings':
      case 'content-length':
      case 'expect':
      case 'x-request-id':
        continue;
      case 'x-forwarded-for':
        if (peer.loopback) forwardedFor += `${value}, `;
        continue;
      case 'x-forwarded-proto':
        if (peer.loopback) proto ??= value;
        continue;
      case 'x-forwarded-host':
        if (peer.loopback) host ??= value;
        continue;
      case 'x-forwarded-prefix':
        if (!peer.loopback || stripped !== '') continue;
        break;
      // A gateway that expects a proxy in front of it would trust these headers from any client.
      case 'forwarded':
      case 'x-forwarded-port':
      case 'x-real-ip':
        if (!peer.loopback) continue;
        break;
      default:
        if (connectionNames?.has(name)) continue;
    }
    out.push(raw[2 * at] ?? '', value);
  }
  out.push(
    'X-Forwarded-For',
    forwardedFor + peer.address,
    'X-Forwarded-Proto',
    publicUrl?.proto ?? proto ?? 'http',
    'X-Forwarded-Host',
    publicUrl?.host ?? host ?? head.host,
    'X-Request-Id',
    requestId,
  );
  if (stripped !== '') out.push('X-Forwarded-Prefix', stripped);
  return out;
}

/**
 * The headers of a gateway's answer as the sender gets them; names and values alternate. They are unchanged, without
 * hop-by-hop headers. Content-Length is dropped beside Transfer-Encoding (RFC 9112 §6.3) and in a 204 (RFC 9110 §8.6).
 * X-Request-Id is added if the gateway gives none.
 */
export function answerHeaders(
  raw: readonly (string | Buffer)[],
  status: number,
  requestId: string,
): string[] {
  const out: string[] = [];
  let lengthAt = -1;
  let chunked = false;
  let identified = false;
  let named: Set<string> | null = null;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = text(raw[at]);
    const lower = name.toLowerCase();
    switch (lower) {
      case 'connection':
        named = namedBy(text(raw[at + 1]), named);
        continue;
      case 'keep-alive':
      case 'proxy-connection':
      case 'te':
      case 'trailer':
      case 'upgrade':
        continue;
      case 'transfer-encoding':
        chunked = true;
        continue;
      case 'content-length':
        lengthAt = out.length;
        break;
      case 'x-request-id':
        identified = true;
        break;
    }
    out.push(name, text(raw[at + 1]));
  }
  if (lengthAt !== -1 && (chunked || status === 204)) out.splice(lengthAt, 2);
  if (named !== null) drop(out, named);
  if (!identified) out.push('X-Request-Id', requestId);
  return out;
}

/** Header values are bytes (RFC 9110 §5.5), which latin1 preserves. */
function text(value: string | Buffer | undefined): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : value.toString('latin1');
}

function namedBy(value: string, known: Set<string> | null): Set<string> | null {
  // Nearly every answer has one of these.
  if (value === 'keep-alive' || value === 'close') return known;
  let names = known;
  for (const part of value.toLowerCase().split(',')) {
    const token = part.trim();
    if (token === '' || token === 'close' || token === 'keep-alive' || token === 'upgrade') continue;
    names ??= new Set();
    names.add(token);
  }
  return names;
}

function drop(headers: string[], names: ReadonlySet<string>): void {
  for (let at = headers.length - 2; at >= 0; at -= 2) {
    if (names.has((headers[at] ?? '').toLowerCase())) headers.splice(at, 2);
  }
}
