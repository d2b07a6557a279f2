import { bodyFormat } from '../../body/content-type.ts';
import type { BodyFields } from '../../body/reads.ts';
import type { Platform, Reply, RequestHead } from '../../platform.ts';
import type { Attributes } from '../../route.ts';
import { allIds } from '../read/read.ts';
import {
  channelOf,
  commandFields,
  EVENT_READS,
  eventFields,
  FORM_MARKS,
  FORM_READS,
  PAYLOAD,
  PAYLOAD_READS,
  payloadFields,
  payloadOf,
} from './slack-read.ts';

// https://docs.slack.dev/apis/events-api, https://docs.slack.dev/interactivity

/** Printable, without spaces: Slack's has 52 such characters, and it is all that is ever echoed. */
const CHALLENGE = /^[!-~]{1,256}$/;

const NO_COMMAND = JSON.stringify({
  response_type: 'ephemeral',
  text: 'This command is not set up for this workspace.',
});

/**
 * By its signature header, or by its body's shape: a gateway may verify by the legacy token in the body, so
 * that a request without the header is this sender's all the same.
 */
function recognises(head: RequestHead, body?: BodyFields): boolean | 'needs body' {
  if (head.header('x-slack-signature') !== undefined) return true;
  if (head.method !== 'POST') return false;
  if (body === undefined) {
    const format = bodyFormat(head);
    return format === 'other' || format === 'xml' ? false : 'needs body';
  }
  if (body.format === 'xml') return false;
  return body.format === 'json' ? looksLikeEvent(body) : looksLikeForm(body);
}

function looksLikeEvent(body: BodyFields): boolean {
  if (isUrlVerification(body)) return true;
  // Lark's old events share the type, but none of these fields.
  return (
    isEvent(body) &&
    ['/api_app_id', '/event_id', '/team_id', '/enterprise_id', '/authorizations'].some(
      (pointer) => body.kind(pointer) !== undefined,
    )
  );
}

function looksLikeForm(body: BodyFields): boolean {
  const payload = payloadOf(body);
  if (payload === undefined) return FORM_MARKS.some((name) => body.form(name) !== undefined);
  // GitHub also posts `payload=`, without a type.
  return (
    payload.kind('/type') === 'string' &&
    ['/user', '/team', '/enterprise', '/api_app_id'].some((pointer) => payload.kind(pointer) !== undefined)
  );
}

function isEvent(body: BodyFields): boolean {
  const type = body.text('/type');
  return type === 'event_callback' || type === 'app_rate_limited';
}

/** One delivery, that has an id; app_rate_limited has none, and is old news once it waited. */
function isCallback(body: BodyFields | null): body is BodyFields {
  return body?.format === 'json' && body.text('/type') === 'event_callback';
}

function isUrlVerification(body: BodyFields): boolean {
  return body.text('/type') === 'url_verification';
}

function deliveries(_head: RequestHead, body: BodyFields | null): readonly Attributes[] {
  if (body === null) return [];
  const payload = payloadOf(body);
  const fields =
    payload !== undefined
      ? payloadFields(payload)
      : body.format === 'json'
        ? eventFields(body)
        : commandFields(body);
  return Object.keys(fields).length === 0 ? [] : [{ platform: 'slack', fields }];
}

/**
 * Whatever says ssl_check is answered here, never forwarded: SDKs let it pass without a signature, and it
 * must not carry an event past that (slackapi/bolt-js, HTTPModuleFunctions.ts).
 */
function handshake(_head: RequestHead, body: BodyFields | null): Reply | undefined {
  if (body === null) return undefined;
  if (body.form('ssl_check') !== undefined) return { status: 200, contentType: null, body: '' };
  if (body.format !== 'json' || !isUrlVerification(body)) return undefined;
  const challenge = body.text('/challenge');
  return challenge !== undefined && CHALLENGE.test(challenge)
    ? { status: 200, contentType: 'text/plain', body: challenge }
    : undefined;
}

/**
 * Events are acknowledged: Slack disables an app, for every workspace, whose events fail too often. Someone
 * who types a command reads an answer; an interaction gets the door's 404, and its user Slack's own error.
 */
function unmatched(_head: RequestHead, body: BodyFields | null): Reply | undefined {
  if (body === null) return undefined;
  if (isEvent(body)) return { status: 200, contentType: null, body: '' };
  return body.form('command') !== undefined && payloadOf(body) === undefined
    ? { status: 200, contentType: 'application/json; charset=utf-8', body: NO_COMMAND }
    : undefined;
}

/** Events, slash commands and interactivity over HTTP; OAuth redirects are routed by path. */
export const slack: Platform = {
  name: 'slack',
  configKey: 'slack',
  fields: ['team', 'enterprise', 'app', 'token'],
  headFields: [],
  secretFields: ['token'],
  reads: { json: EVENT_READS, form: FORM_READS, formJson: { [PAYLOAD]: PAYLOAD_READS } },
  // Ids are opaque and compare by the letter.
  normalise: (_field, value) => value,
  recognises,
  deliveries,
  handshake,
  unmatched,
  deadline: () => 3000,
  synchronous: (_head, body) => body === null || !isEvent(body),
  // Repeated after a minute and after five, then lost; and a signature is good for five minutes.
  spoolable: (_head, body) => isCallback(body),
  acknowledgement: () => ({ status: 200, contentType: null, body: '' }),
  dedupKey: (_head, body) => (isCallback(body) ? allIds([body.text('/event_id')]) : undefined),
  orderKey: (_head, body) => (isCallback(body) ? channelOf(body) : undefined),
};
