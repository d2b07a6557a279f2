import { bodyFormat } from '../body/content-type.ts';
import type { BodyFields } from '../body/reads.ts';
import { type Ambiguous, definePlatform, type Lookalike, type RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { hasInQuery } from './read/body-shape.ts';
import { oneDelivery } from './read/ids.ts';
import { readQuery } from './read/strict-query.ts';

/*
 * Twilio: messages, calls and their status callbacks. `To`, `From` and `AccountSid` are form fields, or fields of the
 * query if the webhook's method is GET. Numbers are compared with their prefix (`whatsapp:+1…`).
 * https://www.twilio.com/docs/usage/webhooks, https://www.twilio.com/docs/messaging/guides/webhook-request
 */

const FIELDS = ['To', 'From', 'AccountSid', 'MessageStatus', 'Direction'] as const;
const WANTED: ReadonlySet<string> = new Set(FIELDS);

type Read = (field: (typeof FIELDS)[number]) => string | undefined;

function deliveries(head: RequestHead, body: BodyFields | null): readonly Attributes[] | Ambiguous {
  if (head.method !== 'GET') return attributes((field) => body?.form(field));
  const query = readQuery(head, WANTED);
  return 'ambiguous' in query ? query : attributes((field) => query.get(field));
}

/** A number with the prefix of its channel: Twilio writes `+15550100`, its console shows `+1 555 0100`. */
const NUMBER = /^([a-z]+:)?([+\d(][\d ().-]*)$/i;

/** Addresses that are no numbers (`client:bot`, `sip:bot@…`, `messenger:…`) are compared as they are. */
function normalise(field: string, value: string): string {
  const [, channel = '', number] = field === 'to' ? (NUMBER.exec(value) ?? []) : [];
  return number === undefined ? value : channel.toLowerCase() + number.replace(/[ ().-]/g, '');
}

/** The route field `to` is the bot's own number, also in a status callback about what the bot sent. */
function attributes(read: Read): readonly Attributes[] {
  const to = read(isFromBot(read) ? 'From' : 'To');
  return oneDelivery('twilio', {
    to: to === undefined ? undefined : normalise('to', to),
    account: read('AccountSid'),
  });
}

/** Whether it reports on a message that the bot sent (only those have such a MessageStatus) or a call that it made. */
function isFromBot(read: Read): boolean {
  const status = read('MessageStatus');
  if (status !== undefined) return status !== 'received' && status !== 'receiving';
  return read('Direction') === 'outbound-api';
}

/** A bot that does not check the signature answers any form with an account. */
const lookalike: Lookalike = {
  reads: { form: ['AccountSid'] },
  recognises: (head, body) => {
    if (head.header('x-twilio-signature') !== undefined || hasInQuery(head, ['AccountSid'])) return true;
    if (head.method !== 'POST') return false;
    if (body !== undefined) return body.form('AccountSid') !== undefined;
    const format = bodyFormat(head);
    return format === 'form' || format === 'unknown' ? 'needs body' : false;
  },
};

export const twilio = definePlatform({
  name: 'twilio',
  configKey: 'twilio',
  fields: ['to', 'account'],
  // Of a recording, a conference or a room only the account is named (twilio.com, "RecordingStatusCallback").
  optionalFields: ['to'],
  headers: ['x-twilio-signature', 'x-twilio-webhooks-signature-settings'],
  reads: { form: FIELDS },
  normalise,
  recognises: (head) => head.header('x-twilio-signature') !== undefined,
  lookalike,
  deliveries,
  // A plain 404 if no profile claims it: Twilio then tries the fallback URL, and its debugger shows the error.
  // The read timeout, unless the URL sets a shorter one (twilio.com, "Webhooks: Connection Overrides").
  deadline: () => 15_000,
  // The answer is TwiML.
  synchronous: () => true,
});
