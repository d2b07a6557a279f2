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

/**
 * The address that stands for a client where clients share something. A peer on this machine is a tunnel or proxy, so
 * that the client is who connected to the outermost one: the last address in X-Forwarded-For that is not this machine's,
 * since each proxy appends the one it sees. Of an IPv6 address its network (/64), all of which one client may have.
 */
export function clientOf({ address, loopback }: Peer, forwardedFor: string | undefined): string {
  if (!loopback || forwardedFor === undefined) return networkOf(address);
  const forwarded = forwardedFor
    .split(',')
    .map((one) => peerOf(one.trim()))
    .findLast((one) => !one.loopback && one.address !== '');
  return networkOf(forwarded?.address ?? address);
}

function networkOf(address: string): string {
  if (!address.includes(':')) return address;
  const [groups = ''] = address.toLowerCase().split('::', 1);
  const first = groups.split(':', 4).filter((group) => group !== '');
  return `${[...first, '0', '0', '0', '0'].slice(0, 4).join(':')}::/64`;
}
