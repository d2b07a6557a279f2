/** Who opened the connection. */
export interface Peer {
  readonly address: string;
  /** The tunnel or proxy beside us, whose X-Forwarded-* are believed. */
  readonly loopback: boolean;
}

/** An id that a sender may choose: it goes into logs and an answer. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** The sender's X-Request-Id where it is one harmless value; undefined where one must be made. */
export function senderRequestId(head: {
  /** In lower case. */
  readonly names: readonly string[];
  /** Names and values in turn, as they came. */
  readonly raw: readonly string[];
}): string | undefined {
  const at = head.names.indexOf('x-request-id');
  if (at === -1 || head.names.indexOf('x-request-id', at + 1) !== -1) return undefined;
  const value = head.raw[2 * at + 1];
  return value !== undefined && REQUEST_ID.test(value) ? value : undefined;
}

const LOOPBACK = /^(?:127\.|::1$)/;

/** IPv4 as such where the system shows it mapped into IPv6 (RFC 4291 §2.5.5.2). */
export function peerOf(remoteAddress: string | undefined): Peer {
  const address = (remoteAddress ?? 'unknown').replace(/^::ffff:(?=[\d.]+$)/i, '');
  return { address, loopback: LOOPBACK.test(address) };
}
