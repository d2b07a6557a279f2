import type { BodyFields } from '../body/reads.ts';
import { type Ambiguous, definePlatform, type Reply, type RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { byJsonShape, hasHeader, hasInQuery, hasStrings } from './read/body-shape.ts';
import { allIds, oneDelivery } from './read/ids.ts';

/*
 * Lark and Feishu: events and callbacks. The app's id is at /header/app_id (schema 2.0) or /event/app_id (1.0).
 * https://open.larksuite.com/document/server-docs/event-subscription-guide/overview
 *
 * With an Encrypt Key nothing in a request names the app: it needs a path of its own.
 */

/** Sent if the app has an Encrypt Key. */
const PROOF = ['x-lark-signature', 'x-lark-request-timestamp', 'x-lark-request-nonce'] as const;

const NEW_APP = '/header/app_id';
const OLD_APP = '/event/app_id';

/** Printable characters without spaces; nothing else is echoed. */
const CHALLENGE = /^[!-~]{1,256}$/;

/** `im.message.receive_v1`. Callbacks, whose answer the user sees, have no version, except one old card's. */
const EVENT_TYPE = /_v\d+$/;
const CARD = 'card.action.trigger';

function recognises(head: RequestHead, body?: BodyFields): boolean | 'needs body' {
  if (hasHeader(head, PROOF)) return true;
  return byJsonShape(
    head,
    body,
    (fields) => isNew(fields) || isOld(fields) || isVerification(head, fields) || isEncrypted(head, fields),
  );
}

function isNew(body: BodyFields): boolean {
  return body.kind('/header') === 'object' && hasStrings(body, ['/schema', '/header/event_type']);
}

/** Slack's events have the same type, but no uuid, and name the app outside of the event. */
function isOld(body: BodyFields): boolean {
  return (
    body.text('/type') === 'event_callback' &&
    body.kind('/event') === 'object' &&
    body.kind('/api_app_id') === undefined &&
    hasStrings(body, ['/uuid'])
  );
}

/** Slack's url_verification has the same three fields, but always its signature. */
function isVerification(head: RequestHead, body: BodyFields): boolean {
  return (
    body.text('/type') === 'url_verification' &&
    hasStrings(body, ['/challenge', '/token']) &&
    head.header('x-slack-signature') === undefined
  );
}

/** WeCom and DingTalk also send `encrypt`, with a signature in the query. */
function isEncrypted(head: RequestHead, body: BodyFields): boolean {
  return hasStrings(body, ['/encrypt']) && !hasInQuery(head, ['msg_signature']);
}

function deliveries(_head: RequestHead, body: BodyFields | null): readonly Attributes[] | Ambiguous {
  if (body?.format !== 'json') return [];
  const inHeader = isNew(body) ? body.text(NEW_APP) : undefined;
  const inEvent = body.text('/type') === 'event_callback' ? body.text(OLD_APP) : undefined;
  // SDKs tell the two schemas apart by one field each, and not all by the same.
  if (inHeader !== undefined && inEvent !== undefined && inHeader !== inEvent) {
    return { ambiguous: 'two app ids, in the header and in the event' };
  }
  return oneDelivery('lark', { app: inHeader ?? inEvent });
}

/** The request names no app and the echo proves nothing, so gwproxy answers it; in JSON, which Slack accepts as well. */
function handshake(head: RequestHead, body: BodyFields | null): Reply | undefined {
  if (body?.format !== 'json' || !isVerification(head, body)) return undefined;
  const challenge = body.text('/challenge');
  return challenge !== undefined && CHALLENGE.test(challenge)
    ? { status: 200, contentType: 'application/json; charset=utf-8', body: JSON.stringify({ challenge }) }
    : undefined;
}

/** An event only needs a status. The answer to a card's button, or to an encrypted request, may be used. */
function synchronous(_head: RequestHead, body: BodyFields | null): boolean {
  if (body?.format !== 'json') return true;
  const type = body.text('/header/event_type');
  if (isNew(body) && type !== undefined) return type.startsWith(CARD) || !EVENT_TYPE.test(type);
  return !isOld(body);
}

export const lark = definePlatform({
  name: 'lark',
  configKey: 'lark',
  fields: ['app'],
  headers: PROOF,
  reads: {
    json: [
      '/schema',
      '/type',
      '/uuid',
      '/challenge',
      '/token',
      '/encrypt',
      '/header',
      '/header/event_type',
      '/header/event_id',
      '/event',
      '/api_app_id',
      NEW_APP,
      OLD_APP,
    ],
  },
  recognises,
  deliveries,
  handshake,
  // A plain 404 if no profile claims it: repeated after 15 s, 5 min, 1 h and 6 h, and no app is disabled.
  deadline: () => 3000,
  synchronous,
  dedupKey: (_head, body) => allIds([body?.text('/header/event_id') ?? body?.text('/uuid')]),
});
