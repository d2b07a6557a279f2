import { bodyFormat } from '../../body/content-type.ts';
import type { BodyFields } from '../../body/reads.ts';
import { definePlatform, type Lookalike, type Reply, type RequestHead } from '../../platform.ts';
import type { Attributes } from '../../route.ts';
import { hasInQuery } from '../read/body-shape.ts';
import { allIds } from '../read/ids.ts';
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

/*
 * Slack: events (JSON), slash commands (a form) and interactivity (JSON in the form field `payload`). OAuth redirects
 * name no team and are routed by path. slack-read.ts says where the ids are.
 * https://docs.slack.dev/apis/events-api, https://docs.slack.dev/interactivity
 */

/** Printable characters without spaces (Slack sends 52 of them); nothing else is echoed. */
const CHALLENGE = /^[!-~]{1,256}$/;

const NO_COMMAND = JSON.stringify({
  response_type: 'ephemeral',
  text: 'This command is not set up for this workspace.',
});

/** The GET by which Slack tests the certificate of a command's URL (docs.slack.dev, "Slash commands"). */
function isCertificateTest(head: RequestHead): boolean {
  return head.method === 'GET' && hasInQuery(head, ['ssl_check']);
}

/** A request without a signature may be Slack's too: a gateway may verify the legacy token in the body instead. */
function recognises(head: RequestHead, body?: BodyFields): boolean | 'needs body' {
  if (head.header('x-slack-signature') !== undefined || isCertificateTest(head)) return true;
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
  // Lark's old events have the same type, but none of these fields.
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
  // GitHub also posts the form field `payload`, without a type in it.
  return (
    payload.kind('/type') === 'string' &&
    ['/user', '/team', '/enterprise', '/api_app_id'].some((pointer) => payload.kind(pointer) !== undefined)
  );
}

function isEvent(body: BodyFields): boolean {
  const type = body.text('/type');
  return type === 'event_callback' || type === 'app_rate_limited';
}

/** An event with an id. app_rate_limited has none, and is worthless once it has waited. */
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
 * A test of the certificate is answered here, and so is a form with ssl_check. The form is never forwarded: SDKs accept it
 * without a signature, so it could carry an event past their check (slackapi/bolt-js, HTTPModuleFunctions.ts).
 */
function handshake(head: RequestHead, body: BodyFields | null): Reply | undefined {
  if (isCertificateTest(head)) return { status: 200, contentType: null, body: '' };
  if (body === null) return undefined;
  if (body.form('ssl_check') !== undefined) return { status: 200, contentType: null, body: '' };
  if (body.format !== 'json' || !isUrlVerification(body)) return undefined;
  const challenge = body.text('/challenge');
  return challenge !== undefined && CHALLENGE.test(challenge)
    ? { status: 200, contentType: 'text/plain', body: challenge }
    : undefined;
}

/**
 * Events that no profile claims are acknowledged, since Slack disables an app for every workspace if its events fail too
 * often. A command is answered with a text for its user; on an interaction's 404 the user sees Slack's own error.
 */
function unmatched(_head: RequestHead, body: BodyFields | null): Reply | undefined {
  if (body === null) return undefined;
  if (isEvent(body)) return { status: 200, contentType: null, body: '' };
  return body.form('command') !== undefined && payloadOf(body) === undefined
    ? { status: 200, contentType: 'application/json; charset=utf-8', body: NO_COMMAND }
    : undefined;
}

const READS = { json: EVENT_READS, form: FORM_READS, formJson: { [PAYLOAD]: PAYLOAD_READS } };

/** Mattermost's commands have the form fields of Slack's, but its JSON is no event and its forms hold no interaction. */
const lookalike: Lookalike = {
  reads: READS,
  recognises,
  isBeyondImitation: (head, body) =>
    head.header('x-slack-signature') !== undefined ||
    (body !== null && (body.format === 'json' || payloadOf(body) !== undefined)),
};

export const slack = definePlatform({
  name: 'slack',
  configKey: 'slack',
  fields: ['team', 'enterprise', 'app', 'token'],
  secretFields: ['token'],
  headers: ['x-slack-signature', 'x-slack-request-timestamp'],
  reads: READS,
  recognises,
  lookalike,
  deliveries,
  handshake,
  unmatched,
  deadline: () => 3000,
  synchronous: (_head, body) => body === null || !isEvent(body),
  // Repeated after one and five minutes, then lost; a signature is valid for five minutes.
  spoolable: (_head, body) => isCallback(body),
  acknowledgement: () => ({ status: 200, contentType: null, body: '' }),
  dedupKey: (_head, body) => (isCallback(body) ? allIds([body.text('/event_id')]) : undefined),
  orderKey: (_head, body) => (isCallback(body) ? channelOf(body) : undefined),
});
