import { z } from 'zod';
import { appIdOf, guidOf } from '../../routing/microsoft-ids.ts';
import { choice, looseText, secretReference, strict, text } from './fields.ts';
import { keysUrlFault } from './public-url.ts';
import { textOrTexts } from './route-fields.ts';

export type VerifyConfig = z.output<ReturnType<typeof verifySchema>>;

/** The secret_token that Telegram's setWebhook allows. */
const TELEGRAM_TOKEN = /^[\w-]{1,256}$/;
const ED25519_KEY = /^[0-9a-f]{64}$/i;
const SERVICE_URL = /^https?:\/\/[^\s/?#]+(?:\/[^\s?#]*)?$/i;
const ISSUER = /^https?:\/\/[^\s?#]+$/;

/** A profile's `verify`. Messages never show a value, since it may be a secret in the wrong place. */
export function verifySchema() {
  return strict(
    {
      bot_framework: botFramework()
        .optional()
        .describe('Checks the bearer token. Its audience is the app, so no secret is needed.'),
      slack: strict({
        signing_secret: secrets('The signing secret of the app, from its Basic Information page.'),
      })
        .optional()
        .describe('Checks X-Slack-Signature, at most five minutes old.'),
      gitea: strict({ secret: secrets('The secret of the webhook.') })
        .optional()
        .describe('Checks X-Forgejo-Signature, X-Gitea-Signature or X-Gogs-Signature.'),
      github: strict({ secret: secrets('The secret of the webhook.') })
        .optional()
        .describe('Checks X-Hub-Signature-256.'),
      line: strict({ channel_secret: secrets('The channel secret, from the Basic settings of the channel.') })
        .optional()
        .describe('Checks X-Line-Signature.'),
      meta: strict({ app_secret: secrets('The app secret, from the Basic settings of the app.') })
        .optional()
        .describe('Checks X-Hub-Signature-256 of WhatsApp, Messenger and Instagram.'),
      telegram: strict({
        secret_token: secretTexts()
          .refine((values) => values.every((value) => value === '' || TELEGRAM_TOKEN.test(value)), {
            error: "must be 1 to 256 of A-Z, a-z, 0-9, '_' and '-'",
          })
          .describe('The secret_token that was given to setWebhook.'),
      })
        .optional()
        .describe('Checks X-Telegram-Bot-Api-Secret-Token.'),
      twilio: twilio()
        .optional()
        .describe('Checks X-Twilio-Signature over the public URL; needs public_url.'),
      discord: strict({
        public_key: matching(ED25519_KEY, 'must be 64 hex digits, as in the developer portal')
          .transform((keys) => keys.map((key) => key.toLowerCase()))
          .describe('The public key of the application, 64 hex digits.'),
      })
        .optional()
        .describe('Checks X-Signature-Ed25519, at most five minutes old.'),
      graph: strict({ client_state: secrets('The clientState that was given to the subscription.') })
        .optional()
        .describe('Checks the clientState of every notification.'),
    },
    'a map of senders and what to verify them by',
  );
}

/** One secret, or a list of which any is accepted, so that secrets can be rotated. */
function secrets(says: string) {
  return secretTexts().describe(`${says} Or a list, of which any is accepted.`);
}

/** One secret, or a list of which any is accepted; each may be a reference. */
function secretTexts() {
  const what = 'text or a list of texts';
  const one = z.union([looseText(what), secretReference(what)], { error: what });
  return z
    .union([one, z.array(one, { error: what }).min(1, { error: what })], { error: what })
    .transform((written) => (typeof written === 'string' ? [written] : written));
}

function matching(pattern: RegExp, message: string) {
  return textOrTexts().refine((values) => values.every((value) => pattern.test(value)), { error: message });
}

function twilio() {
  return strict({
    auth_token: secrets('The auth token of the account.').optional(),
    shared_key: secrets(
      'The secret of the shared key, where a webhook setting names one. A request signed by it says so in X-Twilio-Webhooks-Signature-Settings.',
    ).optional(),
    algorithm: choice(['HMAC_SHA256', 'HMAC_SHA1'])
      .optional()
      .describe(
        'The algorithm of that webhook setting, by default HMAC_SHA256; a request by the shared key with a weaker one is refused.',
      ),
  }).transform((written, context) => {
    // zod calls this despite an unknown key, which is reported alone.
    if (context.issues.length > 0) return z.NEVER;
    const { auth_token: token, shared_key: key, algorithm } = written;
    const message =
      token === undefined && key === undefined
        ? 'must name auth_token or shared_key'
        : algorithm !== undefined && key === undefined
          ? "has 'algorithm' but no 'shared_key'; the auth token's is HMAC_SHA1"
          : null;
    if (message !== null) context.addIssue({ code: 'custom', message });
    return written;
  });
}

/** GUIDs in any spelling that `read` knows; read as it writes them. */
function guids(read: (text: string) => string | undefined) {
  const message = 'must be GUIDs';
  return textOrTexts().transform((written, context) => {
    const ids = written.flatMap((text) => read(text) ?? []);
    if (ids.length === written.length) return ids;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

function botFramework() {
  const what = 'true, or a map';
  const full = strict(
    {
      apps: guids(appIdOf)
        .optional()
        .describe(
          "The apps that tokens may be for, as `<app>`, `api://<app>` or `api://botid-<app>`; by default the apps of the profile's routes.",
        ),
      issuers: matching(ISSUER, 'must be URLs, as tokens have them in iss')
        .optional()
        .describe(
          "The accepted issuers, exactly as in iss; by default Bot Framework's and Microsoft Entra's.",
        ),
      tenants: guids(guidOf)
        .optional()
        .describe(
          "Entra tenants of which every token is accepted, whichever app asked for it; by default only tokens that Microsoft's messaging service or the bot itself asked for.",
        ),
      service_urls: matching(SERVICE_URL, 'must be URLs such as https://smba.trafficmanager.net/')
        .optional()
        .describe('The service URLs that activities may name, as prefixes of whole segments.'),
      keys_file: text('a file')
        .optional()
        .describe(
          'A file with a JWK Set, relative to the file that holds the profile; no keys are fetched then.',
        ),
      keys_url: keysUrl()
        .optional()
        .describe("The URL of a JWK Set that is fetched in place of the issuers' own keys."),
    },
    what,
  ).transform((written, context) => {
    if (written.keys_file === undefined || written.keys_url === undefined) return written;
    context.addIssue({ code: 'custom', message: 'has both keys_file and keys_url; write one of them' });
    return z.NEVER;
  });
  return z.union([z.literal(true, { error: what }).transform(() => full.parse({})), full], { error: what });
}

function keysUrl() {
  return z.string({ error: 'a URL' }).transform((written, context) => {
    const fault = keysUrlFault(written);
    if (fault === null) return written;
    context.addIssue({ code: 'custom', message: fault });
    return z.NEVER;
  });
}
