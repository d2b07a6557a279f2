/** The origin of the URLs that senders call. */
export interface PublicUrl {
  /** As the user wrote it, without a trailing slash. */
  readonly href: string;
  readonly proto: 'http' | 'https';
  /** As in a Host header: the port only if it is not the scheme's default. */
  readonly host: string;
}

/**
 * The origin of the requests of a route: that of `public_url`, with the route's own host in place of its name if the
 * route has one (`routeHost`, as in `Route.host`). Whatever states a request's public URL takes it from here: the URLs to
 * paste into portals, the verification of senders that sign their URL, and the X-Forwarded-* that gateways get. Null if
 * the config has no `public_url`.
 */
export function publicUrlOf(publicUrl: PublicUrl | null, routeHost: string | null): PublicUrl | null {
  if (publicUrl === null || routeHost === null) return publicUrl;
  const { proto } = publicUrl;
  const host = routeHost + portOf(publicUrl.host);
  return { href: `${proto}://${host}`, proto, host };
}

/** The port of a host, with its ':'; empty without one. */
function portOf(host: string): string {
  return /:\d+$/.exec(host)?.[0] ?? '';
}
