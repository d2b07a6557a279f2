import type { BodyFields } from './body/reads.ts';
import { factsOf } from './facts.ts';
import type { Match, Outcome, Refused } from './outcome.ts';
import type { Platform, RequestHead } from './platform.ts';
import type { Attributes, Route } from './route.ts';
import { sealAttributes } from './seal.ts';
import { findByHead, findByKey, type KeyIndex } from './table/key-index.ts';
import type { Scope } from './table/scope.ts';

/** Characters. No sender's id is nearly as long; it bounds what is recorded of an unmatched request. */
const LONGEST_KEY = 512;

interface Delivery {
  readonly attributes: Attributes;
  readonly route: Route | undefined;
}

/** Routes a request of that platform by its key alone; `body` is null if the head suffices. */
export function byKey(scope: Scope, index: KeyIndex, head: RequestHead, body: BodyFields | null): Outcome {
  const named = bots(scope, index, head, body);
  return 'kind' in named ? named : claim(scope, index, head, body, named, findByKey);
}

/**
 * Routes a request of that platform by its head alone; null if a body could decide otherwise, so that it must be read.
 */
export function byHead(scope: Scope, index: KeyIndex, head: RequestHead): Outcome | null {
  if (index.byHead === 'all') return byKey(scope, index, head, null);
  const reply = index.platform.handshake(head, null);
  if (reply !== undefined) return { kind: 'handshake', reply, platform: index.platform.name };
  if (index.byHead === 'none') return null;
  const named = bots(scope, index, head, null);
  if ('kind' in named) return named;
  const [only = { platform: index.platform.name, fields: {} }] = named;
  const found = findByHead(index, only);
  return found === 'needs body' ? null : claim(scope, index, head, null, named, () => found);
}

/** The bots that a request of that platform names, secrets sealed; or the outcome of one that names none for certain. */
function bots(
  scope: Scope,
  { platform }: KeyIndex,
  head: RequestHead,
  body: BodyFields | null,
): readonly Attributes[] | Outcome {
  const reply = platform.handshake(head, body);
  if (reply !== undefined) return { kind: 'handshake', reply, platform: platform.name };
  const named = platform.deliveries(head, body);
  if ('ambiguous' in named) return refused('GWPROXY_AMBIGUOUS_KEY', named.ambiguous);
  if (named.some(isTooLong)) return refused('GWPROXY_BODY_INVALID', 'a routing field is too long');
  return named.map((attributes) => sealAttributes(attributes, platform, scope.seal));
}

function claim(
  scope: Scope,
  index: KeyIndex,
  head: RequestHead,
  body: BodyFields | null,
  named: readonly Attributes[],
  find: (index: KeyIndex, attributes: Attributes) => Route | undefined,
): Outcome {
  const { platform } = index;
  const fallback = scope.pathOnly?.fallback === true ? scope.pathOnly : undefined;
  const deliveries = named.map(
    (attributes): Delivery => ({ attributes, route: find(index, attributes) ?? fallback }),
  );
  const matched = (route: Route, attributes: Attributes | null): Match =>
    matchOf(scope, platform, head, body, route, attributes);
  if (deliveries.length === 0 && fallback !== undefined) return matched(fallback, null);
  const [only] = deliveries;
  // The common case.
  if (deliveries.length === 1 && only?.route !== undefined) return matched(only.route, only.attributes);
  const matches = onePerProfile(deliveries, matched);
  const [first, ...others] = matches;
  if (first === undefined) {
    return {
      kind: 'unmatched',
      reply: platform.unmatched(head, body),
      platform: platform.name,
      attributes: named,
    };
  }
  const unclaimed = deliveries.flatMap((one) => (one.route === undefined ? [one.attributes] : []));
  if (others.length === 0 && unclaimed.length === 0) return first;
  return batch(platform, [first, ...others], named, unclaimed);
}

function matchOf(
  scope: Scope,
  platform: Platform,
  head: RequestHead,
  body: BodyFields | null,
  route: Route,
  attributes: Attributes | null,
): Match {
  return {
    kind: 'match',
    profile: route.profile,
    route,
    platform: platform.name,
    attributes,
    deadline: platform.deadline(head, body),
    synchronous: platform.synchronous(head, body),
    facts: () => factsOf(platform, head, body),
    withBody:
      body !== null || scope.reads === null
        ? null
        : {
            reads: scope.reads,
            // Nothing is routed by a body that cannot be read.
            match: (inspection) => {
              const fields = inspection.outcome === 'fields' ? inspection.fields : null;
              return matchOf(scope, platform, head, fields, route, attributes);
            },
          },
  };
}

/**
 * The outcome of a batch that is not for one profile only. Its signature covers all of it, so it cannot be split:
 * each gateway that gets it sees the data of all other bots, even of bots that no profile claims, and its route must
 * allow that.
 */
function batch(
  platform: Platform,
  matches: readonly [Match, ...Match[]],
  attributes: readonly Attributes[],
  unclaimed: readonly Attributes[],
): Outcome {
  const lacking = matches.filter(({ route }) => !route.fanOut).map(({ profile }) => profile);
  return lacking.length > 0
    ? { kind: 'mixed-batch', platform: platform.name, attributes, lacking }
    : { kind: 'fan-out', platform: platform.name, matches, unclaimed };
}

function onePerProfile(
  deliveries: readonly Delivery[],
  matched: (route: Route, attributes: Attributes) => Match,
): readonly Match[] {
  const matches = new Map<string, Match>();
  for (const { route, attributes } of deliveries) {
    if (route !== undefined && !matches.has(route.profile)) {
      matches.set(route.profile, matched(route, attributes));
    }
  }
  return [...matches.values()];
}

function isTooLong({ fields }: Attributes): boolean {
  return Object.values(fields).some((value) => value.length > LONGEST_KEY);
}

export function refused(code: Refused['code'], detail: string): Refused {
  return { kind: 'refused', code, detail };
}
