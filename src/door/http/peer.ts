/** The other end of the connection. */
export interface Peer {
  readonly address: string;
  /** The peer runs on this machine (a tunnel or proxy), so its X-Forwarded-* are trusted. */
  readonly loopback: boolean;
}

const LOOPBACK = /^(?:127\.|::1$)/;

/** The peer of an address; IPv4 that is mapped into IPv6 (RFC 4291 §2.5.5.2) becomes IPv4. */
export function peerOf(remoteAddress: string | undefined): Peer {
  const address = (remoteAddress ?? 'unknown').replace(/^::ffff:(?=[\d.]+$)/i, '');
  return { address, loopback: LOOPBACK.test(address) };
}
