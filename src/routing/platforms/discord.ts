import type { BodyFields } from '../body/reads.ts';
import type { Platform, RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { present } from './read/read.ts';

// https://docs.discord.com/developers/interactions/overview, https://docs.discord.com/developers/events/webhook-events

function deliveries(_head: RequestHead, body: BodyFields | null): readonly Attributes[] {
  const fields = present({ application: body?.text('/application_id') });
  return Object.keys(fields).length === 0 ? [] : [{ platform: 'discord', fields }];
}

/**
 * Interactions and Webhook Events: both are signed, and both name their application. No PING is answered here:
 * when a URL is saved, Discord also sends PINGs with a false signature and wants 401 for them, which takes the
 * application's public key; so a PING goes to the gateway like all else, and to nobody where none claims it.
 */
export const discord: Platform = {
  name: 'discord',
  configKey: 'discord',
  fields: ['application'],
  headFields: [],
  secretFields: [],
  reads: { json: ['/application_id', '/event'], form: [], formJson: {} },
  normalise: (_field, value) => value,
  recognises: (head) => head.header('x-signature-ed25519') !== undefined,
  deliveries,
  handshake: () => undefined,
  unmatched: () => undefined,
  deadline: () => 3000,
  // An interaction is answered in the response, a PING by a body or an empty 204; an event is only taken.
  synchronous: (_head, body) => body?.kind('/event') !== 'object',
};
