import type { BodyFields } from '../../body/reads.ts';
import { type Ambiguous, definePlatform, type Reply, type RequestHead } from '../../platform.ts';
import type { Attributes } from '../../route.ts';
import { byJsonShape, hasInQuery } from '../read/body-shape.ts';
import { allIds, presentFields } from '../read/ids.ts';
import { readQuery } from '../read/strict-query.ts';

/*
 * Microsoft Graph: change and lifecycle notifications. A batch may hold several subscriptions': each notification in
 * /value has its subscriptionId and clientState.
 * https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
 */

/** Printable ASCII without angle brackets: the echo must not be HTML, since anyone may ask for it. */
const TOKEN = /^[ -;=?-~]{1,1024}$/;

const VALIDATION = 'validationToken';
const WANTED: ReadonlySet<string> = new Set([VALIDATION]);

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

function normalise(field: string, value: string): string {
  return field === 'subscription' && GUID.test(value) ? value.toLowerCase() : value;
}

function isValidation(head: RequestHead): boolean {
  return head.method === 'POST' && hasInQuery(head, [VALIDATION]);
}

function recognises(head: RequestHead, body?: BodyFields): boolean | 'needs body' {
  return isValidation(head) || byJsonShape(head, body, looksLikeBatch);
}

function looksLikeBatch(body: BodyFields): boolean {
  return body.each('/value').some((item) => item.kind('/subscriptionId') === 'string');
}

/**
 * One delivery for each subscription and client state in the batch. A notification without either is a delivery without
 * fields, which no route claims: the gateway that gets the batch would see it. A request for validation has none,
 * whatever its body holds.
 */
function deliveries(head: RequestHead, body: BodyFields | null): readonly Attributes[] | Ambiguous {
  if (isValidation(head)) {
    const query = readQuery(head, WANTED);
    return 'ambiguous' in query ? query : [];
  }
  if (body === null) return [];
  const seen = new Map<string | undefined, Set<string | undefined>>();
  const found: Attributes[] = [];
  for (const item of body.each('/value')) {
    const id = item.text('/subscriptionId');
    const subscription = id === undefined ? undefined : normalise('subscription', id);
    const clientState = item.text('/clientState');
    const states = seen.get(subscription) ?? new Set();
    if (states.has(clientState)) continue;
    seen.set(subscription, states.add(clientState));
    found.push({ platform: 'graph', fields: presentFields({ subscription, client_state: clientState }) });
  }
  return found;
}

/** A subscription that is being created has no id yet, so the request names no bot and gwproxy answers it. */
function handshake(head: RequestHead): Reply | undefined {
  if (!isValidation(head)) return undefined;
  const query = readQuery(head, WANTED);
  const token = 'ambiguous' in query ? undefined : query.get(VALIDATION);
  return token !== undefined && TOKEN.test(token)
    ? { status: 200, contentType: 'text/plain; charset=utf-8', body: token }
    : undefined;
}

export const graph = definePlatform({
  name: 'graph',
  configKey: 'graph',
  fields: ['subscription', 'client_state'],
  secretFields: ['client_state'],
  reads: {
    json: ['/value'],
    each: { '/value': { json: ['/id', '/subscriptionId', '/clientState'] } },
  },
  normalise,
  recognises,
  deliveries,
  handshake,
  // A plain 404 if no profile claims it: Graph repeats it for up to 4 hours, and drops notifications only of slow endpoints.
  deadline: () => 10_000,
  synchronous: isValidation,
  dedupKey: (_head, body) => allIds(body?.each('/value').map((item) => item.text('/id')) ?? []),
});
