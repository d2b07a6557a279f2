import type { BodyFields } from '../body/reads.ts';
import type { Platform, RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { byJsonShape, hasHeader, hasStrings } from './read/body-shape.ts';
import { allIds, present } from './read/read.ts';

// https://developer.webex.com/docs/api/guides/webhooks

/** Only there where the webhook has a secret. */
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

function deliveries(_head: RequestHead, body: BodyFields | null): readonly Attributes[] {
  const fields = present({ webhook: body?.text('/id'), app: body?.text('/appId') });
  return Object.keys(fields).length === 0 ? [] : [{ platform: 'webex', fields }];
}

/** Webex webhooks: the body's own id is the webhook's, that of what happened stands in `data`. */
export const webex: Platform = {
  name: 'webex',
  configKey: 'webex',
  fields: ['webhook', 'app'],
  headFields: [],
  secretFields: [],
  reads: { json: [...NAMES, '/appId', '/data', '/data/id', ...OWNERS], form: [], formJson: {} },
  // Base64: compared by the letter.
  normalise: (_field, value) => value,
  recognises: (head, body) => hasHeader(head, PROOF) || byJsonShape(head, body, looksLikeWebhook),
  deliveries,
  handshake: () => undefined,
  // Webex makes a webhook inactive whose deliveries keep failing (CiscoDevNet/awesome-webex#85): that one alone,
  // and nobody claims it.
  unmatched: () => undefined,
  // Nowhere documented: on the short side.
  deadline: () => 5000,
  synchronous: () => false,
  // What is created is created once; a change of the same thing may well look like one before it.
  dedupKey: (_head, body) =>
    body?.text('/event') === 'created' ? allIds([body.text('/id'), body.text('/data/id')]) : undefined,
};
