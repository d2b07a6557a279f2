import type { BodyFields } from '../body/reads.ts';
import { definePlatform, type RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { hasHeader } from './read/body-shape.ts';
import { oneDelivery } from './read/ids.ts';

/*
 * Gitea, Forgejo and Gogs: webhooks of repositories, organizations and whole instances. The headers name no hook; the
 * repository is in the body: JSON, or the JSON in the form field `payload`.
 * https://docs.gitea.com/usage/webhooks, https://forgejo.org/docs/latest/user/webhooks/, https://gogs.io
 *
 * Each sends its own headers, those of its ancestors, and GitHub's (gitea, services/webhook/deliver.go), so that software
 * for GitHub understands it. Its repositories are others than GitHub's of the same name.
 *
 * A hook may also be sent as a GET, with the payload in the query; it then names no repository.
 */

const BRANDS = ['forgejo', 'gitea', 'gogs'] as const;

/** GitHub sends none of these. */
const PROOF = BRANDS.map((brand) => `x-${brand}-event`);

/** The form field that holds the JSON if the hook's content type is a form. */
const PAYLOAD = 'payload';

const REPOSITORY = '/repository/full_name';

export function isGitea(head: RequestHead): boolean {
  return hasHeader(head, PROOF);
}

function deliveries(_head: RequestHead, body: BodyFields | null): readonly Attributes[] {
  const within = body?.format === 'form' ? PAYLOAD : undefined;
  const repository = body?.text(REPOSITORY, within)?.toLowerCase();
  const slash = repository?.indexOf('/') ?? -1;
  const owner = slash > 0 ? repository?.slice(0, slash) : undefined;
  return oneDelivery('gitea', { repository, owner });
}

export const gitea = definePlatform({
  name: 'gitea',
  configKey: 'gitea',
  fields: ['repository', 'owner'],
  headers: [
    ...PROOF,
    ...BRANDS.map((brand) => `x-${brand}-signature`),
    'x-hub-signature',
    'x-hub-signature-256',
  ],
  reads: { json: [REPOSITORY], formJson: { [PAYLOAD]: [REPOSITORY] } },
  normalise: (_field, value) => value.toLowerCase(),
  recognises: isGitea,
  imitates: ['github'],
  deliveries,
  // A plain 404 if no profile claims it: it is listed among the hook's recent deliveries, to be sent again by hand.
  // DELIVER_TIMEOUT in the [webhook] section (docs.gitea.com, "Configuration Cheat Sheet").
  deadline: () => 5000,
  synchronous: () => false,
  // Nothing is repeated unless someone does it by hand.
  spoolable: (head) => head.method === 'POST',
  acknowledgement: () => ({ status: 202, contentType: null, body: '' }),
  // No dedupKey: a delivery that someone sends again by hand is meant.
  orderKey: (head, body) => deliveries(head, body)[0]?.fields['repository'],
});
