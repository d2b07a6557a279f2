import type { BodyFields } from '../body/reads.ts';
import { definePlatform, type Lookalike, type Reply, type RequestHead } from '../platform.ts';
import { byJsonShape, hasStrings } from './read/body-shape.ts';
import { allIds, firstId, oneDelivery } from './read/ids.ts';

/*
 * LINE: the Messaging API. All events of a request are for one bot, whose user id is at /destination.
 * https://developers.line.biz/en/reference/messaging-api/#webhooks
 */

const SOURCE = ['/source/groupId', '/source/roomId', '/source/userId'] as const;

/**
 * LINE's "Verify" button sends a request without events and expects 200 (developers.line.biz, "Verify webhook URL");
 * the bot's id is then recorded as unmatched, to be claimed. If the bot is claimed, its gateway answers.
 */
function unmatched(_head: RequestHead, body: BodyFields | null): Reply | undefined {
  const empty = body?.kind('/events') === 'array' && body.kind('/events/0') === undefined;
  return empty ? { status: 200, contentType: null, body: '' } : undefined;
}

/** The chat of all events; undefined if they are from several. */
function chat(body: BodyFields | null): string | undefined {
  const [first, ...others] = new Set(body?.each('/events').map((event) => firstId(event, SOURCE)));
  return others.length === 0 ? first : undefined;
}

/** A bot that does not check the signature reads any body with events. */
const lookalike: Lookalike = {
  reads: { json: ['/destination', '/events'] },
  recognises: (head, body) =>
    head.header('x-line-signature') !== undefined ||
    byJsonShape(
      head,
      body,
      (fields) => hasStrings(fields, ['/destination']) && fields.kind('/events') === 'array',
    ),
};

export const line = definePlatform({
  name: 'line',
  configKey: 'line',
  fields: ['destination'],
  headers: ['x-line-signature'],
  reads: {
    json: ['/destination', '/events', '/events/0'],
    each: { '/events': { json: ['/webhookEventId', ...SOURCE] } },
    // LINE names no number (line/line-openapi, CallbackRequest).
    most: 1000,
  },
  recognises: (head) => head.header('x-line-signature') !== undefined,
  lookalike,
  deliveries: (_head, body) => oneDelivery('line', { destination: body?.text('/destination') }),
  unmatched,
  // developers.line.biz, "Check webhook error causes and statistics": request_timeout.
  deadline: () => 2000,
  synchronous: () => false,
  // LINE repeats nothing unless the bot's owner switches redelivery on.
  spoolable: (_head, body) => body?.kind('/events/0') !== undefined,
  acknowledgement: () => ({ status: 200, contentType: null, body: '' }),
  dedupKey: (_head, body) =>
    allIds(body?.each('/events').map((event) => event.text('/webhookEventId')) ?? []),
  orderKey: (_head, body) => chat(body),
});
