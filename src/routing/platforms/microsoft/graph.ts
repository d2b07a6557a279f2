import type { BodyFields } from '../../body/reads.ts';
import { guidOf } from '../../microsoft-ids.ts';
import { type Ambiguous, definePlatform, type Reply, type RequestHead } from '../../platform.ts';
import type { Attributes } from '../../route.ts';
import { byJsonShape } from '../read/body-shape.ts';
import { allIds, presentFields } from '../read/ids.ts';
import { readAnyCase } from '../read/strict-query.ts';

/*
 * Microsoft Graph, SharePoint and OneDrive: change and lifecycle notifications. A batch may hold several subscriptions':
 * each notification in /value has its subscriptionId and clientState.
 * https://learn.microsoft.com/graph/change-notifications-delivery-webhooks
 * https://learn.microsoft.com/sharepoint/dev/apis/webhooks/overview-sharepoint-webhooks
 */

/** Printable ASCII without angle brackets: the echo must not be HTML, since anyone may ask for it. */
const TOKEN = /^[ -;=?-~]{1,1024}$/;

function normalise(field: string, value: string): string {
  return field === 'subscription' ? (guidOf(value) ?? value) : value;
}

/**
 * The token of a request that tests the URL; undefined for any other request. Graph writes validationToken, SharePoint
 * and Outlook validationtoken; Microsoft's samples read either.
 */
function validationToken(head: RequestHead): string | undefined | Ambiguous {
  return head.method === 'POST' ? readAnyCase(head, 'validationToken') : undefined;
}

function isValidation(head: RequestHead): boolean {
  return validationToken(head) !== undefined;
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
  const validation = validationToken(head);
  if (validation !== undefined) return typeof validation === 'string' ? [] : validation;
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
  const token = validationToken(head);
  return typeof token === 'string' && TOKEN.test(token)
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
    // Microsoft names no number; a notification without resource data has about 500 bytes, so that this is a megabyte.
    most: 2000,
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
