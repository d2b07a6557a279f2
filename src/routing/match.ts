import { bodyFormat } from './body/content-type.ts';
import type { Inspection } from './body/inspect.ts';
import type { BodyFields } from './body/reads.ts';
import { byHead, byKey, refused } from './match-by-key.ts';
import type { BodyOutcome, HeadOutcome, Match, Outcome, Refused } from './outcome.ts';
import type { RequestHead } from './platform.ts';
import type { Route } from './route.ts';
import type { KeyIndex } from './table/key-index.ts';
import { findScope, type RouteTable, type Scope } from './table/table.ts';

export type { BodyOutcome, FanOut, HeadOutcome, Match, MixedBatch } from './outcome.ts';

/**
 * Routes a request by its head alone where no body could decide otherwise. Only the scope of its host and longest path
 * prefix counts. The body is needed if a route that would win over the head's asks for a field of it, or if a platform
 * must see it to recognise its request.
 */
export function matchHead(table: RouteTable, head: RequestHead): HeadOutcome {
  const scope = findScope(table, head);
  if (scope === null) return { kind: 'none' };
  const marks = readMarks(scope, head);
  if ('kind' in marks) return marks;
  const { senders, custom, othersNeedBody } = marks;
  const ofSenders = byMarks(scope, senders, head);
  if (ofSenders === null) return needsBody(scope, senders);
  if (ofSenders !== undefined && !isUnclaimed(ofSenders, scope)) return ofSenders;
  const isMarked = ofSenders !== undefined;
  if (custom !== null && (isMarked || custom.hasHeader)) {
    const ofCustom = customByHead(scope, custom.index, head);
    if (ofCustom === null) return needsBody(scope, senders);
    if (!isUnclaimed(ofCustom, scope)) return ofCustom;
    if (!isMarked && !othersNeedBody) return ofCustom;
  }
  if (isMarked) return ofSenders;
  if (othersNeedBody || custom !== null) return needsBody(scope, senders);
  return scope.pathOnly === null ? { kind: 'none' } : byPath(scope.pathOnly);
}

/**
 * Routes a request that needs its body. The sender that recognises it decides by its key; if none of its routes claims
 * the request, a custom route may, since other senders imitate marks and shapes. The request of a known sender never
 * falls through to the scope's route by path, which is for requests that no platform recognises. A body that can be
 * read in two ways is refused, since it may be a known sender's. `inspection` is of the scope's `reads`.
 */
export function matchBody(scope: Scope, head: RequestHead, inspection: Inspection): BodyOutcome {
  if (inspection.outcome === 'refused') {
    return { kind: 'refused', code: inspection.code, detail: inspection.detail };
  }
  const marks = readMarks(scope, head);
  if ('kind' in marks) return marks;
  const fields = inspection.outcome === 'fields' ? inspection.fields : null;
  const isForeign = inspection.outcome === 'unreadable' && !inspection.isEmpty;
  const sender = senderOf(scope, marks, head, fields);
  const ofSender = (): BodyOutcome | undefined =>
    sender === undefined || !isForeign
      ? sender && byKey(scope, sender, head, fields)
      : refused('GWPROXY_BODY_INVALID', 'the body has a format that its sender does not use');
  const ofCustom = (): BodyOutcome | undefined => customByBody(scope, marks, head, fields);
  const customFirst = isForeign || (marks.senders.length === 0 && marks.custom?.hasHeader === true);
  const first = customFirst ? ofCustom() : ofSender();
  if (first !== undefined && !isUnclaimed(first, scope)) return first;
  const second = customFirst ? ofSender() : ofCustom();
  if (second !== undefined && !isUnclaimed(second, scope)) return second;
  return (customFirst ? (second ?? first) : (first ?? second)) ?? unrecognised(scope);
}

function needsBody(scope: Scope, marked: readonly KeyIndex[]): HeadOutcome {
  const { reads } = scope;
  if (reads === null) throw new Error('a scope without keyed routes is decided by the head');
  return { kind: 'needs-body', scope, reads, senders: marked.map(({ platform }) => platform) };
}

/** Which platforms of a scope the head of a request names, or does not exclude. */
interface Marks {
  /** The senders whose mark is in the head: none, one, or several of one family. */
  readonly senders: readonly KeyIndex[];
  /** The custom routes, if one of their headers is in the head or a route asks for JSON alone; else null. */
  readonly custom: { readonly index: KeyIndex; readonly hasHeader: boolean } | null;
  /** Whether a sender may yet be recognised by its body. */
  readonly othersNeedBody: boolean;
}

/** Refused if the head has the marks of senders of two families. */
function readMarks(scope: Scope, head: RequestHead): Marks | Refused {
  const senders: KeyIndex[] = [];
  let custom: Marks['custom'] = null;
  let othersNeedBody = false;
  for (const index of scope.keyed) {
    const answer = index.platform.recognises(head);
    if (answer === false) continue;
    if (isCustom(index))
      custom = answer === true || hasBodyRoute(index) ? { index, hasHeader: answer === true } : null;
    else if (answer === true) senders.push(index);
    else othersNeedBody = true;
  }
  const [first, ...others] = senders;
  const family = first?.platform.family;
  return others.every(({ platform }) => family !== undefined && platform.family === family)
    ? { senders, custom, othersNeedBody }
    : refused('GWPROXY_AMBIGUOUS_KEY', 'the head of the request is that of two senders');
}

function isCustom({ platform }: KeyIndex): boolean {
  return platform.name === 'custom';
}

/** Whether a route of the platform asks for fields of the body alone. */
function hasBodyRoute({ sets }: KeyIndex): boolean {
  return sets.some(({ headFields }) => headFields.length === 0);
}

function isBodyless({ method }: RequestHead): boolean {
  return method === 'GET' || method === 'HEAD';
}

/** Whether no keyed route claims the request, so that only a fallback may get it. */
function isUnclaimed(outcome: HeadOutcome, scope: Scope): boolean {
  return outcome.kind === 'unmatched' || (outcome.kind === 'match' && outcome.route === scope.pathOnly);
}

/** The outcome by the marks in the head; undefined if there are none, null if a body could decide otherwise. */
function byMarks(scope: Scope, senders: readonly KeyIndex[], head: RequestHead): Outcome | null | undefined {
  const claimed: Outcome[] = [];
  let unclaimed: Outcome | undefined;
  for (const index of senders) {
    const outcome = isBodyless(head) ? byKey(scope, index, head, null) : byHead(scope, index, head);
    if (outcome === null) return null;
    if (isUnclaimed(outcome, scope)) unclaimed ??= outcome;
    else claimed.push(outcome);
  }
  const [first = unclaimed, ...others] = claimed;
  const same = (other: Outcome) =>
    other.kind === 'match' && first?.kind === 'match' && other.profile === first.profile;
  return others.every(same) ? first : refused('GWPROXY_AMBIGUOUS_KEY', 'two routes claim the request');
}

/** The outcome of the custom routes by the head alone; null if a JSON body could decide otherwise. */
function customByHead(scope: Scope, index: KeyIndex, head: RequestHead): Outcome | null {
  const format = bodyFormat(head);
  return isBodyless(head) || (format !== 'json' && format !== 'unknown')
    ? byKey(scope, index, head, null)
    : byHead(scope, index, head);
}

/** The outcome of the custom routes; undefined if the request has nothing that they name. */
function customByBody(
  scope: Scope,
  { custom }: Marks,
  head: RequestHead,
  fields: BodyFields | null,
): Outcome | undefined {
  if (custom === null) return undefined;
  const { index, hasHeader } = custom;
  // A custom sender may use any format; its routes' JSON fields are then absent.
  const isNamed = hasHeader || (fields !== null && index.platform.recognises(head, fields) === true);
  return isNamed ? byKey(scope, index, head, fields) : undefined;
}

/** The sender of a request: by a mark in its head, or else by the shape of its body. */
function senderOf(
  scope: Scope,
  { senders }: Marks,
  head: RequestHead,
  fields: BodyFields | null,
): KeyIndex | undefined {
  const [first, ...others] = senders;
  if (first !== undefined && (others.length === 0 || fields === null)) return first;
  if (fields === null) return undefined;
  const candidates = first === undefined ? scope.keyed : senders;
  return candidates.find((index) => !isCustom(index) && index.platform.recognises(head, fields) === true);
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
