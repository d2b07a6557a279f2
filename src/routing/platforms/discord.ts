import { definePlatform, type Lookalike } from '../platform.ts';
import { byJsonShape } from './read/body-shape.ts';
import { numericId, oneDelivery } from './read/ids.ts';

/*
 * Discord: interactions and Webhook Events. Both are signed and have the application's id at /application_id.
 * https://docs.discord.com/developers/interactions/overview
 * https://docs.discord.com/developers/events/webhook-events
 *
 * A PING is never answered here. Whenever a URL is saved, Discord also sends PINGs with a false signature and expects
 * 401, which takes the application's public key; so a PING goes to the gateway like every other request.
 */

/** A bot that leaves the signature to gwproxy reads any interaction. */
const lookalike: Lookalike = {
  reads: { json: ['/application_id', '/type'] },
  recognises: (head, body) =>
    head.header('x-signature-ed25519') !== undefined ||
    byJsonShape(
      head,
      body,
      (fields) => numericId(fields, '/application_id') !== undefined && fields.kind('/type') === 'number',
    ),
};

export const discord = definePlatform({
  name: 'discord',
  configKey: 'discord',
  fields: ['application'],
  headers: ['x-signature-ed25519', 'x-signature-timestamp'],
  reads: { json: ['/application_id', '/event'] },
  recognises: (head) => head.header('x-signature-ed25519') !== undefined,
  lookalike,
  deliveries: (_head, body) =>
    oneDelivery('discord', { application: body === null ? undefined : numericId(body, '/application_id') }),
  deadline: () => 3000,
  // Interactions and PINGs are answered in the response; an event only needs a status.
  synchronous: (_head, body) => body?.kind('/event') !== 'object',
});
