import { definePlatform, type RequestHead } from '../platform.ts';
import { readQuery } from './read/strict-query.ts';

/*
 * Viber: requests name no bot, so that there are no Viber routes, and each bot needs a path of its own. The platform is
 * known only for its deadline.
 * https://developers.viber.com/docs/api/rest-bot-api/#callbacks
 */

/** Hex HMAC-SHA256. */
const SIGNATURE = /^[0-9a-f]{64}$/i;
const SIG: ReadonlySet<string> = new Set(['sig']);

/** The signature is in a header, or in the query of older accounts. */
function recognises(head: RequestHead): boolean {
  if (head.method !== 'POST') return false;
  if (head.header('x-viber-content-signature') !== undefined) return true;
  if (head.query === '') return false;
  const query = readQuery(head, SIG);
  return !('ambiguous' in query) && SIGNATURE.test(query.get('sig') ?? '');
}

export const viber = definePlatform({
  name: 'viber',
  configKey: null,
  fields: [],
  headers: ['x-viber-content-signature'],
  recognises,
  deliveries: () => [],
  // Not documented; a cautious guess.
  deadline: () => 5000,
  // conversation_started is answered with the welcome message.
  synchronous: () => true,
});
