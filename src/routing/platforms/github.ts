import type { BodyFields } from '../body/reads.ts';
import { definePlatform, type RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { isGitea } from './gitea.ts';
import { hasHeader } from './read/body-shape.ts';
import { oneDelivery, wholeNumber } from './read/ids.ts';

/*
 * GitHub: webhooks of repositories, organizations and apps. The hook's id, and the app's for an app's own hook, are
 * in the headers; the installation and the repository are in the body: JSON, or the JSON in the form field `payload`.
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
 *
 * A ping may name neither an installation nor a repository; only `app` and `hook` claim it.
 */

/** X-Hub-Signature-256 is missing here: Meta sends it too. */
const PROOF = ['x-github-event', 'x-github-delivery', 'x-github-hook-id'] as const;

/** The form field that holds the JSON if the hook's content type is a form. */
const PAYLOAD = 'payload';

const READS = ['/installation/id', '/repository/full_name'] as const;

/** The app's id if the hook is the app's own; the target of any other hook is its repository or organization. */
function appOf(head: RequestHead): string | undefined {
  return head.header('x-github-hook-installation-target-type') === 'integration'
    ? wholeNumber(head.header('x-github-hook-installation-target-id'))
    : undefined;
}

function deliveries(head: RequestHead, body: BodyFields | null): readonly Attributes[] {
  const within = body?.format === 'form' ? PAYLOAD : undefined;
  return oneDelivery('github', {
    app: appOf(head),
    installation: wholeNumber(
      body?.number('/installation/id', within) ?? body?.text('/installation/id', within),
    ),
    repository: body?.text('/repository/full_name', within)?.toLowerCase(),
    hook: wholeNumber(head.header('x-github-hook-id')),
  });
}

export const github = definePlatform({
  name: 'github',
  configKey: 'github',
  fields: ['app', 'installation', 'repository', 'hook'],
  headFields: ['app', 'hook'],
  headers: [
    ...PROOF,
    'x-github-hook-installation-target-id',
    'x-github-hook-installation-target-type',
    'x-hub-signature',
    'x-hub-signature-256',
  ],
  // "Payloads are capped at 25 MB" (docs.github.com/webhooks/webhook-events-and-payloads#payload-cap). A form is longer by its
  // encoding; limits.body takes such.
  longestBody: 25 * 1024 * 1024,
  reads: { json: READS, formJson: { [PAYLOAD]: READS } },
  normalise: (field, value) => (field === 'repository' ? value.toLowerCase() : value),
  // Gitea, Forgejo and Gogs send the same headers beside their own, which other software does not look at.
  recognises: (head) => hasHeader(head, PROOF) && !isGitea(head),
  lookalike: { reads: {}, recognises: (head) => hasHeader(head, PROOF) },
  deliveries,
  // A plain 404 if no profile claims it: GitHub repeats nothing, but lists it among the hook's recent deliveries.
  deadline: () => 10_000,
  synchronous: () => false,
  // "GitHub does not automatically redeliver failed deliveries" (docs.github.com, "Handling failed deliveries").
  spoolable: (head) => head.method === 'POST',
  acknowledgement: () => ({ status: 202, contentType: null, body: '' }),
  // No dedupKey: a delivery that someone sends again by hand has the id of the first, and is meant.
  orderKey: (head, body) => deliveries(head, body)[0]?.fields['repository'],
});
