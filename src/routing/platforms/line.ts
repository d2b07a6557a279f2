import type { BodyFields } from '../body/reads.ts';
import type { Platform, Reply, RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { allIds, firstId, present } from './read/read.ts';

// https://developers.line.biz/en/reference/messaging-api/#webhooks

function deliveries(_head: RequestHead, body: BodyFields | null): readonly Attributes[] {
  const fields = present({ destination: body?.text('/destination') });
  return Object.keys(fields).length === 0 ? [] : [{ platform: 'line', fields }];
}

/**
 * Only LINE's own trial of the URL, a request without events, hears 200: its documentation asks for it
 * (developers.line.biz, "Verify webhook URL"), and a press of that button then leaves the bot's user id among
 * the unmatched keys. The trial of a claimed bot goes to its gateway, and so tries the whole way.
 */
function unmatched(_head: RequestHead, body: BodyFields | null): Reply | undefined {
  const empty = body?.kind('/events') === 'array' && body.kind('/events/0') === undefined;
  return empty ? { status: 200, contentType: null, body: '' } : undefined;
}

const SOURCE = ['/source/groupId', '/source/roomId', '/source/userId'] as const;

/** The chat that all events are of; undefined where they are of several. */
function chat(body: BodyFields | null): string | undefined {
  const [first, ...others] = new Set(body?.each('/events').map((event) => firstId(event, SOURCE)));
  return others.length === 0 ? first : undefined;
}

/** The Messaging API: all events of one request are for one bot, named by its user id. */
export const line: Platform = {
  name: 'line',
  configKey: 'line',
  fields: ['destination'],
  headFields: [],
  secretFields: [],
  reads: {
    json: ['/destination', '/events', '/events/0'],
    form: [],
    formJson: {},
    each: { '/events': { json: ['/webhookEventId', ...SOURCE] } },
  },
  normalise: (_field, value) => value,
  recognises: (head) => head.header('x-line-signature') !== undefined,
  deliveries,
  handshake: () => undefined,
  unmatched,
  // developers.line.biz, "Check webhook error causes and statistics": request_timeout.
  deadline: () => 2000,
  synchronous: () => false,
  // Redelivery is off unless the bot's owner switches it on.
  spoolable: (_head, body) => body?.kind('/events/0') !== undefined,
  acknowledgement: () => ({ status: 200, contentType: null, body: '' }),
  dedupKey: (_head, body) =>
    allIds(body?.each('/events').map((event) => event.text('/webhookEventId')) ?? []),
  orderKey: (_head, body) => chat(body),
};
