import type { PublicUrl } from '../../routing/url/public-url.ts';
import type { Peer } from '../http/peer.ts';
import type { Head } from '../request/head.ts';
import { headerRule } from './header-rules.ts';

export interface Forwarding {
  readonly peer: Peer;
  /** Of this request, as `publicUrlOf` gives it. */
  readonly publicUrl: PublicUrl | null;
  readonly requestId: string;
  /** The path prefix that is stripped; '' for none. */
  readonly stripped: string;
  /** As in `Route.keepHeaders`. */
  readonly keepHeaders: readonly string[];
}

/**
 * The headers that a gateway gets; names and values alternate. They are the received ones in their order, case and
 * number, without those that `headerRule` drops, and with the door's own X-Forwarded-* and X-Request-Id.
 */
export function requestHeaders(head: Head, forwarding: Forwarding): string[] {
  const { peer, publicUrl, requestId, stripped } = forwarding;
  const { raw, names, connectionNames } = head;
  const out: string[] = [];
  let forwardedFor = '';
  let proto: string | undefined;
  let host: string | undefined;
  let prefix = '';
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at] ?? '';
    const value = raw[2 * at + 1] ?? '';
    if (connectionNames?.has(name)) continue;
    switch (headerRule(name)) {
      case undefined:
        break;
      case 'drop':
        continue;
      case 'override':
        if (!forwarding.keepHeaders.includes(name)) continue;
        break;
      case 'of-proxy':
        if (!peer.loopback) continue;
        break;
      case 'url-of-proxy':
        if (!peer.loopback || publicUrl !== null) continue;
        break;
      case 'forwarded':
        if (!peer.loopback || (publicUrl !== null && NAMES_URL.test(value))) continue;
        break;
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
        if (!peer.loopback) continue;
        if (stripped === '') break;
        prefix += asPrefix(value);
        continue;
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
  if (stripped !== '') out.push('X-Forwarded-Prefix', prefix + stripped);
  return out;
}

/** A Forwarded header (RFC 7239 §4) that states the host or the scheme of the client's URL. */
const NAMES_URL = /(?:^|[;,\s])(?:host|proto)\s*=/i;

/** A path prefix with a slash before it and none behind it; '' for none. */
function asPrefix(value: string): string {
  const path = value.replace(/^\/+|\/+$/g, '');
  return path === '' ? '' : `/${path}`;
}

/**
 * The headers of a gateway's answer as the sender gets them; names and values alternate. They are unchanged, without
 * hop-by-hop headers. Content-Length is dropped beside Transfer-Encoding (RFC 9112 §6.3) and in a 204 (RFC 9110 §8.6).
 * X-Request-Id is added if the gateway gives none, and its Proxy-Status is told from the door's.
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
      case 'proxy-status':
        out.push(name, gatewaysStatus(text(raw[at + 1])));
        continue;
    }
    out.push(name, text(raw[at + 1]));
  }
  if (lengthAt !== -1 && (chunked || status === 204)) out.splice(lengthAt, 2);
  if (named !== null) drop(out, named);
  if (!identified) out.push('X-Request-Id', requestId);
  return out;
}

/**
 * A gateway's Proxy-Status (RFC 9209) with another name in place of `gwproxy`, by which senders and operators know the
 * door's own answers. A gateway may well be another gwproxy, and so its words stay.
 */
export function gatewaysStatus(value: string): string {
  return value.replace(/gwproxy/gi, 'gateway-$&');
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
