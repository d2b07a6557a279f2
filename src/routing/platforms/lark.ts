import type { BodyFields } from '../body/reads.ts';
import type { Ambiguous, Platform, Reply, RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { byJsonShape, hasHeader, hasInQuery, hasStrings } from './read/body-shape.ts';
import { allIds, present } from './read/read.ts';

// https://open.larksuite.com/document/server-docs/event-subscription-guide/overview

/** Sent where the app has an Encrypt Key. */
const PROOF = ['x-lark-signature', 'x-lark-request-timestamp', 'x-lark-request-nonce'] as const;

const NEW_APP = '/header/app_id';
const OLD_APP = '/event/app_id';

/** Printable, without spaces; all that is ever echoed. */
const CHALLENGE = /^[!-~]{1,256}$/;

/** `im.message.receive_v1`; callbacks, whose answer is shown to the user, have no version but one old card's. */
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

/** Slack's events have the same type, but no uuid, and the app beside the event. */
function isOld(body: BodyFields): boolean {
  return (
    body.text('/type') === 'event_callback' &&
    body.kind('/event') === 'object' &&
    body.kind('/api_app_id') === undefined &&
    hasStrings(body, ['/uuid'])
  );
}

/** Slack tries a URL with the same three fields, but never without its signature. */
function isVerification(head: RequestHead, body: BodyFields): boolean {
  return (
    body.text('/type') === 'url_verification' &&
    hasStrings(body, ['/challenge', '/token']) &&
    head.header('x-slack-signature') === undefined
  );
}

/** WeCom and DingTalk encrypt into the same field and sign in the query. */
function isEncrypted(head: RequestHead, body: BodyFields): boolean {
  return hasStrings(body, ['/encrypt']) && !hasInQuery(head, ['msg_signature']);
}

/** Nobody where the body is encrypted: only the app's own key tells whose it is. */
function deliveries(_head: RequestHead, body: BodyFields | null): readonly Attributes[] | Ambiguous {
  if (body?.format !== 'json') return [];
  const inHeader = isNew(body) ? body.text(NEW_APP) : undefined;
  const inEvent = body.text('/type') === 'event_callback' ? body.text(OLD_APP) : undefined;
  // SDKs tell the two forms apart by one field each, and not all by the same.
  if (inHeader !== undefined && inEvent !== undefined && inHeader !== inEvent) {
    return { ambiguous: 'two app ids, in the header and in the event' };
  }
  const fields = present({ app: inHeader ?? inEvent });
  return Object.keys(fields).length === 0 ? [] : [{ platform: 'lark', fields }];
}

/**
 * The echo proves nothing, and whose URL is tried is not said: the door answers. As JSON, which Slack takes as
 * well.
 */
function handshake(head: RequestHead, body: BodyFields | null): Reply | undefined {
  if (body?.format !== 'json' || !isVerification(head, body)) return undefined;
  const challenge = body.text('/challenge');
  return challenge !== undefined && CHALLENGE.test(challenge)
    ? { status: 200, contentType: 'application/json; charset=utf-8', body: JSON.stringify({ challenge }) }
    : undefined;
}

/** An event may be answered with anything; a card's button, or what cannot be read, waits for its answer. */
function synchronous(_head: RequestHead, body: BodyFields | null): boolean {
  if (body?.format !== 'json') return true;
  const type = body.text('/header/event_type');
  if (isNew(body) && type !== undefined) return type.startsWith(CARD) || !EVENT_TYPE.test(type);
  return !isOld(body);
}

/**
 * Lark and Feishu: both versions of events, and callbacks. With an Encrypt Key nothing in a request says whose
 * it is: such an app has a path of its own.
 */
export const lark: Platform = {
  name: 'lark',
  configKey: 'lark',
  fields: ['app'],
  headFields: [],
  secretFields: [],
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
    form: [],
    formJson: {},
  },
  normalise: (_field, value) => value,
  recognises,
  deliveries,
  handshake,
  // Repeated after 15 s, 5 min, 1 h and 6 h: time to claim the app. Nothing is disabled.
  unmatched: () => undefined,
  deadline: () => 3000,
  synchronous,
  dedupKey: (_head, body) => allIds([body?.text('/header/event_id') ?? body?.text('/uuid')]),
};
