import type { Platform, RequestHead } from '../platform.ts';
import { readQuery } from './read/strict-query.ts';

// https://developers.viber.com/docs/api/rest-bot-api/#callbacks

const SIGNATURE = /^[0-9a-f]{64}$/i;
const SIG: ReadonlySet<string> = new Set(['sig']);

/** By its signature (hex HMAC-SHA256), in a header or, as older accounts get it, in the query. */
function recognises(head: RequestHead): boolean {
  if (head.method !== 'POST') return false;
  if (head.header('x-viber-content-signature') !== undefined) return true;
  if (head.query === '') return false;
  const query = readQuery(head, SIG);
  return !('ambiguous' in query) && SIGNATURE.test(query.get('sig') ?? '');
}

/** Viber names no bot in its requests: it has no routes of its own, and each bot has a path. */
export const viber: Platform = {
  name: 'viber',
  configKey: null,
  fields: [],
  headFields: [],
  secretFields: [],
  reads: { json: [], form: [], formJson: {} },
  normalise: (_field, value) => value,
  recognises,
  deliveries: () => [],
  handshake: () => undefined,
  // Repeated for an hour, until it hears 200 (https://developers.viber.com/docs/faq/).
  unmatched: () => undefined,
  // Nowhere documented: on the short side.
  deadline: () => 5000,
  // conversation_started is answered with the welcome message.
  synchronous: () => true,
};
