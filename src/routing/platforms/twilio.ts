import type { BodyFields } from '../body/reads.ts';
import type { Ambiguous, Platform, RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { present } from './read/read.ts';
import { readQuery } from './read/strict-query.ts';

// https://www.twilio.com/docs/usage/webhooks, https://www.twilio.com/docs/messaging/guides/webhook-request

const FIELDS = ['To', 'From', 'AccountSid', 'MessageStatus', 'Direction'] as const;
const WANTED: ReadonlySet<string> = new Set(FIELDS);

type Read = (field: (typeof FIELDS)[number]) => string | undefined;

/** A webhook's method is configured; with GET its parameters are in the query, else in the body alone. */
function deliveries(head: RequestHead, body: BodyFields | null): readonly Attributes[] | Ambiguous {
  if (head.method !== 'GET') return attributes((field) => body?.form(field));
  const query = readQuery(head, WANTED);
  return 'ambiguous' in query ? query : attributes((field) => query.get(field));
}

/** `to` is the bot's own number, where the request reports on what the bot has sent as elsewhere. */
function attributes(read: Read): readonly Attributes[] {
  const fields = present({ to: read(isOwn(read) ? 'From' : 'To'), account: read('AccountSid') });
  return Object.keys(fields).length === 0 ? [] : [{ platform: 'twilio', fields }];
}

/**
 * Whether it is about a message or call of the bot's own, whose `To` is the other side: the status callbacks of
 * a message it sent (what it receives has no MessageStatus), or a call that it made through the API.
 */
function isOwn(read: Read): boolean {
  const status = read('MessageStatus');
  if (status !== undefined) return status !== 'received' && status !== 'receiving';
  return read('Direction') === 'outbound-api';
}

/** Messages, calls and their status callbacks; the numbers compare by the letter, `whatsapp:+1…` among them. */
export const twilio: Platform = {
  name: 'twilio',
  configKey: 'twilio',
  fields: ['to', 'account'],
  headFields: [],
  secretFields: [],
  reads: { json: [], form: FIELDS, formJson: {} },
  normalise: (_field, value) => value,
  recognises: (head) => head.header('x-twilio-signature') !== undefined,
  deliveries,
  handshake: () => undefined,
  // Twilio then asks the fallback URL, and its debugger shows the error.
  unmatched: () => undefined,
  // The read timeout, unless the URL sets less (twilio.com, "Webhooks: Connection Overrides").
  deadline: () => 15_000,
  // The answer is TwiML.
  synchronous: () => true,
};
