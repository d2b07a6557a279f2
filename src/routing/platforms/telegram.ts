import type { Platform, RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';

// https://core.telegram.org/bots/api#setwebhook; the sender itself is tdlib/telegram-bot-api, WebhookActor.cpp.

const HEADER = 'x-telegram-bot-api-secret-token';

/** What setWebhook allows for a secret token. */
const TOKEN = /^[\w-]{1,256}$/;

function deliveries(head: RequestHead): readonly Attributes[] {
  const token = head.header(HEADER);
  if (token === undefined || !TOKEN.test(token)) return [];
  return [{ platform: 'telegram', fields: { secret_token: token } }];
}

/**
 * An update does not say which bot it is for; the secret token that the bot set with its webhook does. So the
 * head decides, and the body is never looked at.
 */
export const telegram: Platform = {
  name: 'telegram',
  configKey: 'telegram',
  fields: ['secret_token'],
  headFields: ['secret_token'],
  secretFields: ['secret_token'],
  reads: { json: [], form: [], formJson: {} },
  normalise: (_field, value) => value,
  recognises: (head) => head.header(HEADER) !== undefined,
  deliveries,
  handshake: () => undefined,
  // The door's 404: the update is sent again, each time after up to two minutes, until it is a day old, so that
  // nothing is lost once a profile claims the token; meanwhile getWebhookInfo shows the 404. A Retry-After could
  // only make that slower, and 410 in the end takes the webhook away.
  unmatched: () => undefined,
  // The sender's connections time out after a minute.
  deadline: () => 60_000,
  // The answer may be a call of the Bot API ("Making requests when getting updates"), which an early
  // acknowledgement would lose. None is needed: the sender keeps what failed.
  synchronous: () => true,
};
