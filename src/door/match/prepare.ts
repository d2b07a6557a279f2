import { DoorError } from '../../errors.ts';
import type { Match } from '../../routing/match.ts';
import type { Route } from '../../routing/route.ts';
import { senderDeadline } from '../../routing/sender.ts';
import { withoutPrefix } from '../../routing/target-path.ts';
import { type PublicUrl, publicUrlOf } from '../../routing/url/public-url.ts';
import { UNKNOWN_SENDER_TIMEOUT } from '../hold/deadline.ts';
import type { Delivery } from '../hold/delivery.ts';
import type { Exchange } from '../http/exchange.ts';
import type { Head } from '../request/head.ts';
import { type Forwarding, requestHeaders } from '../upstream/headers.ts';
import type { MatchBasis } from './rule-set.ts';

/** A matched request as its gateway will get it, without the body and the listener's added prefix. */
export interface Prepared {
  readonly delivery: MatchedDelivery;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** The head as received. */
  readonly head: Head;
  /** Names and values alternate; without framing headers. */
  readonly headers: string[];
}

export function prepare(
  publicUrl: PublicUrl | null,
  exchange: Exchange,
  head: Head,
  match: Match,
  verified: boolean,
  basis: MatchBasis,
): Prepared {
  const { path, stripped } = gatewayPath(match.route, head.path);
  const { arrivedAt, memory } = exchange;
  return {
    delivery: {
      profile: match.profile,
      path,
      arrivedAt,
      bytes: memory?.bytes ?? 0,
      verified,
      deadline: () => senderTimeout(match, head),
      basis,
    },
    method: head.method,
    target: path + head.search,
    head,
    headers: requestHeaders(head, forwardingOf(match.route, publicUrl, exchange, stripped)),
  };
}

/** What the headers of a request that `route` claims say about its way. `publicUrl` is the config's. */
export function forwardingOf(
  route: Route,
  publicUrl: PublicUrl | null,
  { peer, requestId }: Pick<Exchange, 'peer' | 'requestId'>,
  stripped: string,
): Forwarding {
  return {
    peer,
    requestId,
    stripped,
    publicUrl: publicUrlOf(publicUrl, route.host),
    keepHeaders: route.keepHeaders,
  };
}

/** How long the sender of a matched request waits for an answer, in ms. */
export function senderTimeout(match: Match, head: Head): number {
  return match.deadline ?? senderDeadline(head) ?? UNKNOWN_SENDER_TIMEOUT;
}

/** The path as the gateway sees it, and the prefix that was stripped ('' for none). Throws GWPROXY_REQUEST_INVALID. */
export function gatewayPath(
  route: Route,
  path: string,
): { readonly path: string; readonly stripped: string } {
  if (!route.stripPrefix) return { path, stripped: '' };
  const rest = withoutPrefix(path, route.path);
  if (rest === undefined) {
    throw new DoorError('GWPROXY_REQUEST_INVALID', "the path starts with '//' after its prefix");
  }
  return { path: rest, stripped: route.path };
}

export interface MatchedDelivery extends Delivery {
  readonly basis: MatchBasis;
}
