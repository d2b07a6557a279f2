import type { BodyFields } from '../body/reads.ts';
import type { Platform, RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { hasHeader } from './read/body-shape.ts';
import { present } from './read/read.ts';

// https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers

/** X-Hub-Signature-256 is Meta's as well, and no proof. */
const PROOF = ['x-github-event', 'x-github-delivery', 'x-github-hook-id'] as const;

/** Where the hook's content type is a form. */
const PAYLOAD = 'payload';

const READS = ['/installation/id', '/repository/full_name'] as const;

/** Ids are whole numbers; `12.0` or `1e1` is one only to some readers. */
const ID = /^\d{1,20}$/;

function id(value: string | undefined): string | undefined {
  return value !== undefined && ID.test(value) ? value : undefined;
}

/** The target is the app only for an app's own hook; else it is the repository or organization of the hook. */
function appOf(head: RequestHead): string | undefined {
  return head.header('x-github-hook-installation-target-type') === 'integration'
    ? id(head.header('x-github-hook-installation-target-id'))
    : undefined;
}

function deliveries(head: RequestHead, body: BodyFields | null): readonly Attributes[] {
  const within = body?.format === 'form' ? PAYLOAD : undefined;
  const fields = present({
    app: appOf(head),
    installation: id(body?.number('/installation/id', within)),
    repository: body?.text('/repository/full_name', within)?.toLowerCase(),
    hook: id(head.header('x-github-hook-id')),
  });
  return Object.keys(fields).length === 0 ? [] : [{ platform: 'github', fields }];
}

/**
 * Webhooks of repositories, organizations and apps. A ping may name neither installation nor repository: it is
 * claimed by `app` or `hook`, which the headers carry.
 */
export const github: Platform = {
  name: 'github',
  configKey: 'github',
  fields: ['app', 'installation', 'repository', 'hook'],
  headFields: ['app', 'hook'],
  secretFields: [],
  reads: { json: READS, form: [], formJson: { [PAYLOAD]: READS } },
  normalise: (field, value) => (field === 'repository' ? value.toLowerCase() : value),
  recognises: (head) => hasHeader(head, PROOF),
  deliveries,
  handshake: () => undefined,
  // GitHub repeats nothing by itself: the 404 stands among the hook's recent deliveries, to be sent again there.
  unmatched: () => undefined,
  deadline: () => 10_000,
  synchronous: () => false,
  // "GitHub does not automatically redeliver failed deliveries" (docs.github.com, "Handling failed deliveries").
  spoolable: (head) => head.method === 'POST',
  acknowledgement: () => ({ status: 202, contentType: null, body: '' }),
  // No dedupKey: a delivery that someone sends again by hand has the id of the first, and is meant.
  orderKey: (head, body) => deliveries(head, body)[0]?.fields['repository'],
};
