import { DoorError } from '../errors.ts';
import { type Match, matchBody, matchHead } from '../routing/match.ts';
import type { Route } from '../routing/route.ts';
import type { Scope } from '../routing/table.ts';
import { withoutPrefix } from '../routing/target-path.ts';
import { problem, reply } from './answer.ts';
import { UNKNOWN_SENDER } from './deadline.ts';
import { deliver } from './deliver.ts';
import { ClientLeft, type Exchange } from './exchange.ts';
import { forward } from './forward.ts';
import type { Head } from './head.ts';
import { keptRequestId, requestHeaders } from './headers.ts';
import type { Parts } from './parts.ts';
import { checkLength, receive } from './receive.ts';
import { readHead } from './request.ts';
import { newRequestId } from './request-id.ts';

/** Whose request it is, and what of its body is forwarded. */
interface Matched {
  readonly match: Match;
  readonly body: Buffer | 'streamed';
}

/**
 * One request's whole way: its head is read, its route found (by the head, or by a body that is then read whole),
 * and it is brought to its gateway, whose answer streams back. Never rejects: what goes wrong is answered.
 */
export async function serve(parts: Parts, exchange: Exchange): Promise<void> {
  let profile: string | null = null;
  try {
    const head = identify(exchange);
    const found = findByHead(parts, head);
    const matched =
      'match' in found
        ? found
        : decide(parts, exchange, head, await receive(exchange, parts.limits.body, parts.budget), found);
    if (matched === 'answered') return;
    profile = matched.match.profile;
    await send(parts, exchange, head, matched);
  } catch (error) {
    refuse(parts, exchange, error, profile);
  } finally {
    parts.budget.give(exchange.buffered);
  }
}

function identify(exchange: Exchange): Head {
  exchange.requestId = newRequestId();
  const head = readHead(exchange.req);
  exchange.requestId = keptRequestId(head) ?? exchange.requestId;
  return head;
}

/** The match, or the scope whose platforms must see the body. Throws for none, and for a body that is too long. */
function findByHead(parts: Parts, head: Head): Matched | Scope {
  const table = parts.table();
  if (table === null) throw notYet();
  const found = matchHead(table, head);
  if (found.kind === 'none') throw noRoute();
  if (found.kind === 'match') {
    checkLength(head.length, parts.limits.streamed);
    return { match: found, body: 'streamed' };
  }
  checkLength(head.length, parts.limits.body);
  return found.scope;
}

function decide(
  parts: Parts,
  exchange: Exchange,
  head: Head,
  bytes: Buffer,
  scope: Scope,
): Matched | 'answered' {
  const type = { contentType: head.header('content-type'), contentEncoding: head.header('content-encoding') };
  const byBody = matchBody(scope, head, type, bytes);
  switch (byBody.kind) {
    case 'match':
      return { match: byBody, body: bytes };
    case 'handshake':
      exchange.answer(reply(byBody.reply, exchange.requestId), false);
      return 'answered';
    case 'unmatched':
      if (byBody.attributes !== null) parts.unmatched.see(byBody.attributes, head.path);
      if (byBody.reply === undefined) throw noRoute();
      exchange.answer(reply(byBody.reply, exchange.requestId), false);
      return 'answered';
    case 'refused':
      throw new DoorError(byBody.code, byBody.detail);
  }
}

function send(parts: Parts, exchange: Exchange, head: Head, { match, body }: Matched): Promise<void> {
  const { profile } = match;
  const { path, stripped } = gatewayPath(match.route, head.path);
  const { peer, requestId, arrivedAt } = exchange;
  const headers = requestHeaders(head, { peer, publicUrl: parts.publicUrl, requestId, stripped });
  const outgoing = { head, target: path + head.search, headers, body };
  const deadline = match.deadline ?? UNKNOWN_SENDER;
  return deliver(parts, exchange, { profile, path, arrivedAt, deadline }, (upstream, address) =>
    forward(parts, exchange, upstream, address, outgoing),
  );
}

/** The path as the gateway sees it, and the prefix that was taken off for it. */
export function gatewayPath(
  route: Route,
  path: string,
): { readonly path: string; readonly stripped: string } {
  if (!route.stripPrefix) return { path, stripped: '' };
  const rest = withoutPrefix(path, route.path);
  if (rest === undefined) {
    throw new DoorError('GWPROXY_REQUEST_INVALID', "the path starts with '//' behind its prefix");
  }
  return { path: rest, stripped: route.path };
}

/** Ends a request that got no answer from a gateway with one of the door's own. */
function refuse(parts: Parts, exchange: Exchange, error: unknown, profile: string | null): void {
  if (error instanceof ClientLeft) return;
  const known = asDoorError(error);
  parts.refused(known, exchange, profile);
  exchange.answer(problem(known, exchange.requestId), known.code === 'GWPROXY_REQUEST_INVALID');
}

/** An exception that nobody foresaw ends one request, never the process. */
export function asDoorError(error: unknown): DoorError {
  if (error instanceof DoorError) return error;
  return new DoorError('GWPROXY_INTERNAL', 'something in gwproxy went wrong', { cause: error });
}

export function noRoute(): DoorError {
  return new DoorError('GWPROXY_NO_ROUTE', 'no route claims this request');
}

/** Before the first snapshot nobody knows what is routed where. */
export function notYet(): DoorError {
  return new DoorError('GWPROXY_UPSTREAM_NOT_READY', 'gwproxy is starting', { retryAfter: 1 });
}
