import type { BodyFields, Platform, Reply, RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { present } from './read.ts';

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

/** The Messaging API: all events of one request are for one bot, named by its user id. */
export const line: Platform = {
  name: 'line',
  configKey: 'line',
  fields: ['destination'],
  headFields: [],
  secretFields: [],
  reads: { json: ['/destination', '/events', '/events/0'], form: [], formJson: {} },
  normalise: (_field, value) => value,
  recognises: (head) => head.header('x-line-signature') !== undefined,
  deliveries,
  handshake: () => undefined,
  unmatched,
  // developers.line.biz, "Check webhook error causes and statistics": request_timeout.
  deadline: () => 2000,
  synchronous: () => false,
};
