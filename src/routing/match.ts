import { type BodyType, inspect, type Refusal } from './inspect.ts';
import { findByKey, type KeyIndex } from './key-index.ts';
import type { BodyFields, Platform, Reply, RequestHead } from './platform.ts';
import type { Attributes, PlatformName, Route } from './route.ts';
import { findScope, type RouteTable, type Scope } from './table.ts';

/** No sender's id is near it; what is recorded of an unmatched request is bounded by it. */
const LONGEST_KEY = 512;

export interface Match {
  readonly kind: 'match';
  readonly profile: string;
  /** The route that claimed the request. */
  readonly route: Route;
  /** The platform that recognised it; null where the path alone decided. */
  readonly platform: PlatformName | null;
  /** What the request says about whom it is for; null where the path alone decided. */
  readonly attributes: Attributes | null;
  /** How long the sender waits, in ms from the request's first byte; null where no platform knows. */
  readonly deadline: number | null;
  /** Whether the answer itself matters to the sender; true where no platform knows. */
  readonly synchronous: boolean;
}

export type HeadOutcome =
  | Match
  /** No route claims it. */
  | { readonly kind: 'none' }
  /** Some platform of that scope must see the body: read it and ask `matchBody`. */
  | { readonly kind: 'needs-body'; readonly scope: Scope };

export type BodyOutcome =
  | Match
  /** A sender tries the URL: answered by the door. */
  | { readonly kind: 'handshake'; readonly reply: Reply; readonly platform: PlatformName }
  /** No profile claims it. Without a reply the sender hears the door's own 404. */
  | {
      readonly kind: 'unmatched';
      readonly reply: Reply | undefined;
      readonly platform: PlatformName | null;
      readonly attributes: Attributes | null;
    }
  | ({ readonly kind: 'refused' } & Refusal);

/** Decides what the head alone decides. The scope of the longest path prefix decides, none further out. */
export function matchHead(table: RouteTable, head: RequestHead): HeadOutcome {
  const scope = findScope(table, head);
  if (scope === null) return { kind: 'none' };
  const keyed = scope.keyed.some(({ platform }) => platform.recognises(head) !== false);
  if (keyed) return { kind: 'needs-body', scope };
  return scope.pathOnly === null ? { kind: 'none' } : byPath(scope.pathOnly);
}

/**
 * Decides a request whose head left it open. The first platform that recognises it decides by its key alone:
 * a keyed sender's request never falls through to the scope's path-only route, which is for requests that no
 * platform calls its own. A body that cannot be read surely is refused, since it might be a keyed sender's.
 */
export function matchBody(scope: Scope, head: RequestHead, type: BodyType, bytes: Buffer): BodyOutcome {
  if (scope.reads === null) throw new Error('a scope without keyed routes is decided by the head');
  const inspection = inspect(type, bytes, scope.reads);
  if (inspection.outcome === 'refused') {
    return { kind: 'refused', code: inspection.code, detail: inspection.detail };
  }
  if (inspection.outcome === 'unreadable') {
    return scope.keyed.some(({ platform }) => platform.recognises(head) === true)
      ? refused('GWPROXY_BODY_INVALID', 'the body is neither JSON nor a form')
      : unrecognised(scope);
  }
  const { fields } = inspection;
  const index = scope.keyed.find(({ platform }) => platform.recognises(head, fields) === true);
  return index === undefined ? unrecognised(scope) : byKey(index, head, fields);
}

function byPath(route: Route): Match {
  return {
    kind: 'match',
    profile: route.profile,
    route,
    platform: null,
    attributes: null,
    deadline: null,
    synchronous: true,
  };
}

function unrecognised(scope: Scope): BodyOutcome {
  return scope.pathOnly === null
    ? { kind: 'unmatched', reply: undefined, platform: null, attributes: null }
    : byPath(scope.pathOnly);
}

function byKey(index: KeyIndex, head: RequestHead, fields: BodyFields): BodyOutcome {
  const { platform } = index;
  const reply = platform.handshake(head, fields);
  if (reply !== undefined) return { kind: 'handshake', reply, platform: platform.name };
  const deliveries = platform.deliveries(head, fields);
  if (deliveries.some(isTooLong)) return refused('GWPROXY_BODY_INVALID', 'a routing field is too long');
  const routes = deliveries.map((attributes) => findByKey(index, attributes));
  const [attributes = null] = deliveries;
  const [route] = routes;
  if (routes.some((other) => other?.profile !== route?.profile)) {
    return refused('GWPROXY_AMBIGUOUS_KEY', 'a batch for several bots');
  }
  return route === undefined
    ? { kind: 'unmatched', reply: platform.unmatched(head, fields), platform: platform.name, attributes }
    : claimed(route, platform, attributes, head, fields);
}

function claimed(
  route: Route,
  platform: Platform,
  attributes: Attributes | null,
  head: RequestHead,
  fields: BodyFields,
): Match {
  return {
    kind: 'match',
    profile: route.profile,
    route,
    platform: platform.name,
    attributes,
    deadline: platform.deadline(head, fields),
    synchronous: platform.synchronous(head, fields),
  };
}

function isTooLong({ fields }: Attributes): boolean {
  return Object.values(fields).some((value) => value.length > LONGEST_KEY);
}

function refused(code: Refusal['code'], detail: string): BodyOutcome {
  return { kind: 'refused', code, detail };
}
