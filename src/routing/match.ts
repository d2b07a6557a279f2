import { type BodyType, inspect } from './body/inspect.ts';
import { byKey, refused } from './match-by-key.ts';
import type { BodyOutcome, HeadOutcome, Match, Outcome, Refused } from './outcome.ts';
import type { RequestHead } from './platform.ts';
import type { Route } from './route.ts';
import type { KeyIndex } from './table/key-index.ts';
import { findScope, type RouteTable, type Scope } from './table/table.ts';

export type { BodyOutcome, FanOut, HeadOutcome, Match, MixedBatch } from './outcome.ts';

/**
 * Routes a request by its head alone, if that is possible. Only the scope of its host and longest path prefix counts. In
 * it, a platform that recognises the head wins over those that need the body. The body is not read if that platform's
 * routes only ask for fields of the head, or if the method has no body.
 */
export function matchHead(table: RouteTable, head: RequestHead): HeadOutcome {
  const scope = findScope(table, head);
  if (scope === null) return { kind: 'none' };
  let needsBody = false;
  const byHead: KeyIndex[] = [];
  for (const index of scope.keyed) {
    const answer = index.platform.recognises(head);
    if (answer === true) byHead.push(index);
    needsBody ||= answer === 'needs body';
  }
  const recognised = recognisedByHead(byHead);
  if ('kind' in recognised) return recognised;
  if (recognised.length > 0) {
    const outcome = byRecognisedHead(scope, recognised, head);
    return needsBody && recognised.every(isCustom) && isUnclaimed(outcome, scope)
      ? { kind: 'needs-body', scope }
      : outcome;
  }
  if (needsBody) return { kind: 'needs-body', scope };
  return scope.pathOnly === null ? { kind: 'none' } : byPath(scope.pathOnly);
}

/**
 * Routes a request that needs its body. The first platform that recognises it decides by its key alone: the request of a
 * known sender never falls through to the scope's route by path, which is for requests that no platform recognises. A
 * body that can be read in two ways is refused, since it may be a known sender's.
 */
export function matchBody(scope: Scope, head: RequestHead, type: BodyType, bytes: Buffer): BodyOutcome {
  if (scope.reads === null) throw new Error('a scope without keyed routes is decided by the head');
  const inspection = inspect(type, bytes, scope.reads);
  if (inspection.outcome === 'refused') {
    return { kind: 'refused', code: inspection.code, detail: inspection.detail };
  }
  const recognised = recognisedByHead(
    scope.keyed.filter(({ platform }) => platform.recognises(head) === true),
  );
  if ('kind' in recognised) return recognised;
  if (inspection.outcome === 'unreadable') {
    const [first] = recognised;
    if (first === undefined) return unrecognised(scope);
    // A custom sender may use any format; its routes' JSON fields are then absent.
    return bytes.length === 0 || isCustom(first)
      ? byKey(scope, first, head, null)
      : refused('GWPROXY_BODY_INVALID', 'the body has a format that its sender does not use');
  }
  const { fields } = inspection;
  const [only, ...others] = recognised;
  if (only !== undefined && others.length === 0) {
    const outcome = byKey(scope, only, head, fields);
    if (!isCustom(only) || !isUnclaimed(outcome, scope)) return outcome;
    const byBody = scope.keyed.find(
      (other) => !isCustom(other) && other.platform.recognises(head, fields) === true,
    );
    return byBody === undefined ? outcome : byKey(scope, byBody, head, fields);
  }
  const candidates = recognised.length > 0 ? recognised : scope.keyed;
  const index = candidates.find(({ platform }) => platform.recognises(head, fields) === true);
  return index === undefined ? unrecognised(scope) : byKey(scope, index, head, fields);
}

/**
 * Whether the platform is that of custom routes. A custom route may name a header that other senders send too
 * (User-Agent), so if none claims its value, a sender may still be recognised by its body.
 */
function isCustom({ platform }: KeyIndex): boolean {
  return platform.name === 'custom';
}

/** Whether no keyed route claims the request, so that only a fallback may get it. */
function isUnclaimed(outcome: HeadOutcome, scope: Scope): boolean {
  return outcome.kind === 'unmatched' || (outcome.kind === 'match' && outcome.route === scope.pathOnly);
}

/**
 * The platforms that recognise the head: one, or several of one family; refused if they are of different families. A
 * custom platform counts only if no other recognises the head.
 */
function recognisedByHead(all: readonly KeyIndex[]): readonly KeyIndex[] | Refused {
  if (all.length < 2) return all;
  const [first, ...others] = all.filter((index) => !isCustom(index));
  if (first === undefined) return all;
  const { family } = first.platform;
  return others.every(({ platform }) => family !== undefined && platform.family === family)
    ? [first, ...others]
    : refused('GWPROXY_AMBIGUOUS_KEY', 'the head of the request is that of two senders');
}

function byRecognisedHead(scope: Scope, recognised: readonly KeyIndex[], head: RequestHead): HeadOutcome {
  const bodyless = head.method === 'GET' || head.method === 'HEAD';
  if (bodyless || recognised.every(({ byHead }) => byHead)) {
    return claimedOutcome(recognised.map((index) => byKey(scope, index, head, null)));
  }
  for (const { platform } of recognised) {
    const reply = platform.handshake(head, null);
    if (reply !== undefined) return { kind: 'handshake', reply, platform: platform.name };
  }
  return { kind: 'needs-body', scope };
}

/** Picks from the outcomes of one family the one that is not 'unmatched'; the first if all are. */
function claimedOutcome(outcomes: readonly Outcome[]): HeadOutcome {
  const [first, ...others] = outcomes.filter(({ kind }) => kind !== 'unmatched');
  if (first === undefined) return outcomes[0] ?? { kind: 'none' };
  const same = (other: Outcome) =>
    other.kind === 'match' && first.kind === 'match' && other.profile === first.profile;
  return others.every(same) ? first : refused('GWPROXY_AMBIGUOUS_KEY', 'two routes claim the request');
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
    facts: null,
    withBody: null,
  };
}

function unrecognised(scope: Scope): BodyOutcome {
  return scope.pathOnly === null
    ? { kind: 'unmatched', reply: undefined, platform: null, attributes: [] }
    : byPath(scope.pathOnly);
}
