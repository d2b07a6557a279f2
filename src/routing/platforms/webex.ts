import type { BodyFields } from '../body/reads.ts';
import { definePlatform } from '../platform.ts';
import { byJsonShape, hasHeader, hasStrings } from './read/body-shape.ts';
import { allIds, oneDelivery } from './read/ids.ts';

/*
 * Webex: /id in the JSON body is the webhook's id and /appId the app's; the resource that changed is in /data.
 * https://developer.webex.com/docs/api/guides/webhooks
 */

/** Sent if the webhook has a secret. */
const PROOF = ['x-spark-signature'] as const;

const NAMES = ['/id', '/resource', '/event'] as const;
const OWNERS = ['/orgId', '/createdBy', '/actorId'] as const;

function looksLikeWebhook(body: BodyFields): boolean {
  return (
    hasStrings(body, NAMES) &&
    body.kind('/data') === 'object' &&
    OWNERS.some((pointer) => body.kind(pointer) === 'string')
  );
}

export const webex = definePlatform({
  name: 'webex',
  configKey: 'webex',
  fields: ['webhook', 'app'],
  headers: PROOF,
  reads: { json: [...NAMES, '/appId', '/data', '/data/id', ...OWNERS] },
  recognises: (head, body) => hasHeader(head, PROOF) || byJsonShape(head, body, looksLikeWebhook),
  deliveries: (_head, body) =>
    oneDelivery('webex', { webhook: body?.text('/id'), app: body?.text('/appId') }),
  // A plain 404 if no profile claims it: Webex disables a webhook whose deliveries keep failing, but only that one
  // (CiscoDevNet/awesome-webex#85).
  // Not documented; a cautious guess.
  deadline: () => 5000,
  synchronous: () => false,
  // A resource is created once; two changes of one resource may well have the same bytes.
  dedupKey: (_head, body) =>
    body?.text('/event') === 'created' ? allIds([body.text('/id'), body.text('/data/id')]) : undefined,
});
