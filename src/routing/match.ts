import { type BodyType, inspect } from './body/inspect.ts';
import { byKey, refused } from './match-by-key.ts';
import type { BodyOutcome, HeadOutcome, Match, Outcome, Refused } from './outcome.ts';
import type { RequestHead } from './platform.ts';
import type { Route } from './route.ts';
import type { KeyIndex } from './table/key-index.ts';
import { findScope, type RouteTable, type Scope } from './table/table.ts';

export type { BodyOutcome, FanOut, HeadOutcome, Match, MixedBatch } from './outcome.ts';

/**
 * Decides what the head alone decides. The scope of the request's host and longest path prefix decides, none
 * further out; in it a platform whose mark is in the head wins over those that would have to see the body. Where
 * the head also holds all that its routes ask for, or the method has no body, the body is never read.
 */
export function matchHead(table: RouteTable, head: RequestHead): HeadOutcome {
  const scope = findScope(table, head);
  if (scope === null) return { kind: 'none' };
  let needsBody = false;
  const proven: KeyIndex[] = [];
  for (const index of scope.keyed) {
    const recognised = index.platform.recognises(head);
    if (recognised === true) proven.push(index);
    needsBody ||= recognised === 'needs body';
  }
  const marked = markedOf(proven);
  if ('kind' in marked) return marked;
  if (marked.length > 0) {
    const outcome = byMark(scope, marked, head);
    return needsBody && marked.every(isCustom) && isNobodys(outcome, scope)
      ? { kind: 'needs-body', scope }
      : outcome;
  }
  if (needsBody) return { kind: 'needs-body', scope };
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
  const marked = markedOf(scope.keyed.filter(({ platform }) => platform.recognises(head) === true));
  if ('kind' in marked) return marked;
  if (inspection.outcome === 'unreadable') {
    const [first] = marked;
    if (first === undefined) return unrecognised(scope);
    // What the config describes may send any format; what it names of a body is then not there.
    return bytes.length === 0 || isCustom(first)
      ? byKey(scope, first, head, null)
      : refused('GWPROXY_BODY_INVALID', 'the body is of a format that its sender does not use');
  }
  const { fields } = inspection;
  const [only, ...others] = marked;
  if (only !== undefined && others.length === 0) {
    const outcome = byKey(scope, only, head, fields);
    if (!isCustom(only) || !isNobodys(outcome, scope)) return outcome;
    const told = scope.keyed.find(
      (other) => !isCustom(other) && other.platform.recognises(head, fields) === true,
    );
    return told === undefined ? outcome : byKey(scope, told, head, fields);
  }
  const asked = marked.length > 0 ? marked : scope.keyed;
  const index = asked.find(({ platform }) => platform.recognises(head, fields) === true);
  return index === undefined ? unrecognised(scope) : byKey(scope, index, head, fields);
}

/**
 * A header that the config names may be one that other senders send too (User-Agent): a value that no route
 * claims says nothing against a sender that is told by its body.
 */
function isCustom({ platform }: KeyIndex): boolean {
  return platform.name === 'custom';
}

/** No route claims its key; a fallback may take it all the same. */
function isNobodys(outcome: HeadOutcome, scope: Scope): boolean {
  return outcome.kind === 'unmatched' || (outcome.kind === 'match' && outcome.route === scope.pathOnly);
}

/**
 * The platforms whose mark is in the head: one, or several of a family; refused where marks contradict each
 * other. What the config names comes after what a sender is known by.
 */
function markedOf(proven: readonly KeyIndex[]): readonly KeyIndex[] | Refused {
  if (proven.length < 2) return proven;
  const [first, ...others] = proven.filter((index) => !isCustom(index));
  if (first === undefined) return proven;
  const { family } = first.platform;
  return others.every(({ platform }) => family !== undefined && platform.family === family)
    ? [first, ...others]
    : refused('GWPROXY_AMBIGUOUS_KEY', 'the request bears the marks of two senders');
}

function byMark(scope: Scope, marked: readonly KeyIndex[], head: RequestHead): HeadOutcome {
  const bodyless = head.method === 'GET' || head.method === 'HEAD';
  if (bodyless || marked.every(({ byHead }) => byHead)) {
    return theOneClaimed(marked.map((index) => byKey(scope, index, head, null)));
  }
  for (const { platform } of marked) {
    const reply = platform.handshake(head, null);
    if (reply !== undefined) return { kind: 'handshake', reply, platform: platform.name };
  }
  return { kind: 'needs-body', scope };
}

/** Of a family, the one that does not say 'unmatched'; where none does otherwise, the first says what is heard. */
function theOneClaimed(outcomes: readonly Outcome[]): HeadOutcome {
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
