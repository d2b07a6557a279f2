import type { BodyFields } from '../body/reads.ts';
import type { Ambiguous, Platform, Reply, RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { byJsonShape, hasHeader, hasStrings } from './read/body-shape.ts';
import { allIds, present } from './read/read.ts';

// https://developers.zoom.us/docs/api/webhooks/

const PROOF = ['x-zm-signature', 'x-zm-request-timestamp'] as const;

const VALIDATION = 'endpoint.url_validation';

const ACCOUNT = '/payload/account_id';
/** As chatbots' events write it. */
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
  const fields = present({ account: account ?? chatbotAccount });
  return Object.keys(fields).length === 0 ? [] : [{ platform: 'zoom', fields }];
}

/**
 * An event is acknowledged: where three repeats fail too, Zoom sends "no further notifications related to that
 * event" to the app (https://developers.zoom.us/blog/webhook-delays.md), and an app has many accounts.
 */
function unmatched(_head: RequestHead, body: BodyFields | null): Reply | undefined {
  return body !== null && looksLikeEvent(body) && !isValidation(body)
    ? { status: 200, contentType: null, body: '' }
    : undefined;
}

/**
 * Zoom's events. `endpoint.url_validation` names no account and must be answered with the app's secret token,
 * which only its gateway has: it needs a path of the bot's own, and there a path route with `fallback: true`.
 */
export const zoom: Platform = {
  name: 'zoom',
  configKey: 'zoom',
  fields: ['account'],
  headFields: [],
  secretFields: [],
  reads: {
    json: ['/event', '/event_ts', '/payload/plainToken', ACCOUNT, CHATBOT_ACCOUNT],
    form: [],
    formJson: {},
  },
  normalise: (_field, value) => value,
  recognises: (head, body) => hasHeader(head, PROOF) || byJsonShape(head, body, looksLikeEvent),
  deliveries,
  handshake: () => undefined,
  unmatched,
  deadline: () => 3000,
  synchronous: (_head, body) => body === null || body.text('/event') === VALIDATION,
  // An event has no id, but the millisecond it happened in.
  dedupKey: (_head, body) => allIds([body?.text('/event'), body?.number('/event_ts')]),
};
