import type { BodyFields } from '../../body/reads.ts';
import type { Ambiguous, Platform, Reply, RequestHead } from '../../platform.ts';
import type { Attributes } from '../../route.ts';
import { byJsonShape, hasInQuery } from '../read/body-shape.ts';
import { allIds, present } from '../read/read.ts';
import { readQuery } from '../read/strict-query.ts';

// https://learn.microsoft.com/graph/change-notifications-delivery-webhooks

/** Printable ASCII without angle brackets: what is echoed must not be HTML, whoever asks for it. */
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
 * One entry for each subscription and client state in the batch, however many notifications it has for them. A
 * notification that names nobody is an entry without fields, which no route claims: it must not go along
 * unseen with the others. What asks for validation is never a gateway's, whatever its body says.
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
    found.push({ platform: 'graph', fields: present({ subscription, client_state: clientState }) });
  }
  return found;
}

/** While a subscription is made it has no id yet; whose URL is tried is not said. */
function handshake(head: RequestHead): Reply | undefined {
  if (!isValidation(head)) return undefined;
  const query = readQuery(head, WANTED);
  const token = 'ambiguous' in query ? undefined : query.get(VALIDATION);
  return token !== undefined && TOKEN.test(token)
    ? { status: 200, contentType: 'text/plain; charset=utf-8', body: token }
    : undefined;
}

/** Change and lifecycle notifications, of which one request may carry several subscriptions'. */
export const graph: Platform = {
  name: 'graph',
  configKey: 'graph',
  fields: ['subscription', 'client_state'],
  headFields: [],
  secretFields: ['client_state'],
  reads: {
    json: ['/value'],
    form: [],
    formJson: {},
    each: { '/value': { json: ['/id', '/subscriptionId', '/clientState'] } },
  },
  normalise,
  recognises,
  deliveries,
  handshake,
  // Only 2xx counts as delivered, anything else is repeated for up to 4 hours: time to claim the subscription.
  // What makes Graph drop notifications is slowness, and the door's 404 is quick.
  unmatched: () => undefined,
  deadline: () => 10_000,
  synchronous: isValidation,
  dedupKey: (_head, body) => allIds(body?.each('/value').map((item) => item.text('/id')) ?? []),
};
