import { z } from 'zod';
import { strict, text } from './fields.ts';
import { keysUrlFault } from './public-url.ts';
import { textOrTexts } from './route-fields.ts';

export type VerifyConfig = z.output<ReturnType<typeof verifySchema>>;

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
/** What Telegram's setWebhook allows. */
const TELEGRAM_TOKEN = /^[\w-]{1,256}$/;
const ED25519_KEY = /^[0-9a-f]{64}$/i;
const SERVICE_URL = /^https?:\/\/[^\s/?#]+(?:\/[^\s?#]*)?$/i;
const ISSUER = /^https?:\/\/[^\s?#]+$/;

/**
 * A profile's `verify`. What is wrong with a value never shows it, since it may be a secret that stands in the
 * wrong place.
 */
export function verifySchema() {
  return strict(
    {
      bot_framework: botFramework()
        .optional()
        .describe(
          'Bearer tokens of Bot Framework and Agent 365; the audience is the app, so no secret is needed.',
        ),
      slack: strict({ signing_secret: secrets('As in the app’s basic information.') })
        .optional()
        .describe('X-Slack-Signature, no older than five minutes.'),
      github: strict({ secret: secrets('As given to the webhook.') })
        .optional()
        .describe('X-Hub-Signature-256.'),
      line: strict({ channel_secret: secrets('As in the channel’s basic settings.') })
        .optional()
        .describe('X-Line-Signature.'),
      meta: strict({ app_secret: secrets('As in the app’s basic settings.') })
        .optional()
        .describe('X-Hub-Signature-256 of WhatsApp, Messenger and Instagram.'),
      telegram: strict({
        secret_token: matching(TELEGRAM_TOKEN, "must be 1 to 256 of A-Z, a-z, 0-9, '_' and '-'").describe(
          'As given to setWebhook.',
        ),
      })
        .optional()
        .describe('X-Telegram-Bot-Api-Secret-Token.'),
      twilio: strict({ auth_token: secrets('Of the account.') })
        .optional()
        .describe('X-Twilio-Signature, over the URL below public_url.'),
      discord: strict({
        public_key: matching(ED25519_KEY, 'must be 64 hex digits, as in the developer portal')
          .transform((keys) => keys.map((key) => key.toLowerCase()))
          .describe('Of the application, in hex.'),
      })
        .optional()
        .describe('X-Signature-Ed25519, no older than five minutes.'),
      graph: strict({ client_state: secrets('As given to the subscription.') })
        .optional()
        .describe('The clientState of every notification.'),
    },
    'a map of senders and what to verify them by',
  );
}

/** One secret, or several of which any is right, so that they can be rotated. */
function secrets(says: string) {
  return textOrTexts().describe(`${says} A list: any of them is right.`);
}

function matching(pattern: RegExp, message: string) {
  return textOrTexts().refine((values) => values.every((value) => pattern.test(value)), { error: message });
}

function guids() {
  return matching(GUID, 'must be GUIDs').transform((ids) => ids.map((id) => id.toLowerCase()));
}

function botFramework() {
  const what = 'true, or a map';
  const full = strict(
    {
      apps: guids().optional().describe("Whom tokens are for; by default the apps of the profile's routes."),
      issuers: matching(ISSUER, 'must be URLs, as tokens have them in iss')
        .optional()
        .describe("Exactly these issuers; by default Bot Framework's and Microsoft Entra's."),
      tenants: guids()
        .optional()
        .describe(
          "Entra tenants whose tokens are right, whoever in them asked; by default those that Microsoft's own messaging service or the bot itself asked for.",
        ),
      service_urls: matching(SERVICE_URL, 'must be URLs such as https://smba.trafficmanager.net/')
        .optional()
        .describe('Prefixes, in whole segments, of the service URLs that activities may name.'),
      keys_file: text('a file')
        .optional()
        .describe('A JWK Set, so that no keys are fetched; relative to the file that holds the profile.'),
      keys_url: keysUrl().optional().describe("A JWK Set that is fetched in place of the issuers' own."),
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
