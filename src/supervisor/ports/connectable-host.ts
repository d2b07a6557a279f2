/** The host to connect to for a listener that is bound to `host`: the unspecified addresses become loopback. */
export function connectableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
