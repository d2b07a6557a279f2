import type { BodyFields } from '../body/reads.ts';
import { type Ambiguous, definePlatform, type Reply, type RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { byJsonShape, hasHeader, hasStrings } from './read/body-shape.ts';
import { allIds, oneDelivery } from './read/ids.ts';

/*
 * Zoom: the account's id is at /payload/account_id in the JSON body; chatbots' events write /payload/accountId.
 * https://developers.zoom.us/docs/api/webhooks/
 *
 * `endpoint.url_validation` names no account and must be answered with the app's secret token, which only its gateway
 * has: such an app needs a path of its own, with a `fallback: true` route by that path.
 */

const PROOF = ['x-zm-signature', 'x-zm-request-timestamp'] as const;

const VALIDATION = 'endpoint.url_validation';

const ACCOUNT = '/payload/account_id';
const CHATBOT_ACCOUNT = '/payload/accountId';

function looksLikeEvent(body: BodyFields): boolean {
  return (
    hasStrings(body, ['/event']) &&
    (isValidation(body) || [ACCOUNT, CHATBOT_ACCOUNT].some((pointer) => body.kind(pointer) === 'string'))
  );
}

function isValidation(body: BodyFields): boolean {
  return body.text('/event') === VALIDATION && hasStrings(body, ['/payload/plainToken']);
}

function deliveries(_head: RequestHead, body: BodyFields | null): readonly Attributes[] | Ambiguous {
  const account = body?.text(ACCOUNT);
  const chatbotAccount = body?.text(CHATBOT_ACCOUNT);
  if (account !== undefined && chatbotAccount !== undefined && account !== chatbotAccount) {
    return { ambiguous: 'two account ids' };
  }
  return oneDelivery('zoom', { account: account ?? chatbotAccount });
}

/**
 * An event of an account that no profile claims is acknowledged: after three failed repeats Zoom sends "no further
 * notifications related to that event" to the whole app (https://developers.zoom.us/blog/webhook-delays.md).
 */
function unmatched(_head: RequestHead, body: BodyFields | null): Reply | undefined {
  return body !== null && looksLikeEvent(body) && !isValidation(body)
    ? { status: 200, contentType: null, body: '' }
    : undefined;
}

export const zoom = definePlatform({
  name: 'zoom',
  configKey: 'zoom',
  fields: ['account'],
  headers: PROOF,
  reads: { json: ['/event', '/event_ts', '/payload/plainToken', ACCOUNT, CHATBOT_ACCOUNT] },
  recognises: (head, body) => hasHeader(head, PROOF) || byJsonShape(head, body, looksLikeEvent),
  deliveries,
  unmatched,
  deadline: () => 3000,
  synchronous: (_head, body) => body === null || body.text('/event') === VALIDATION,
  // Events have no id; the type and the millisecond of the event stand for one.
  dedupKey: (_head, body) => allIds([body?.text('/event'), body?.number('/event_ts')]),
});
