import type { BodyFields } from '../body/reads.ts';
import { definePlatform, type Lookalike, type RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { byJsonShape } from './read/body-shape.ts';

/*
 * Telegram: an update does not name its bot. The secret token that the bot gave to setWebhook does, in the header
 * X-Telegram-Bot-Api-Secret-Token; so the head decides and the body is not read.
 * https://core.telegram.org/bots/api#setwebhook; the sender is tdlib/telegram-bot-api, WebhookActor.cpp.
 */

const HEADER = 'x-telegram-bot-api-secret-token';

/** The secret tokens that setWebhook allows. */
const TOKEN = /^[\w-]{1,256}$/;

function deliveries(head: RequestHead): readonly Attributes[] {
  const token = head.header(HEADER);
  if (token === undefined || !TOKEN.test(token)) return [];
  return [{ platform: 'telegram', fields: { secret_token: token } }];
}

/** A bot that does not check the token reads any update. */
const lookalike: Lookalike = {
  reads: { json: ['/update_id'] },
  recognises: (head, body) => head.header(HEADER) !== undefined || byJsonShape(head, body, isUpdate),
};

function isUpdate(body: BodyFields): boolean {
  return body.kind('/update_id') === 'number';
}

export const telegram = definePlatform({
  name: 'telegram',
  configKey: 'telegram',
  fields: ['secret_token'],
  headFields: ['secret_token'],
  secretFields: ['secret_token'],
  headers: [HEADER],
  recognises: (head) => head.header(HEADER) !== undefined,
  lookalike,
  deliveries,
  // A plain 404 if no profile claims it: Telegram repeats the update for a day, at most two minutes apart, so that nothing
  // is lost once a profile claims the token. A Retry-After would only delay it, and 410 would remove the webhook.
  // The sender's connections time out after a minute.
  deadline: () => 60_000,
  // The answer may be a call of the Bot API ("Making requests when getting updates"), which an early acknowledgement
  // would lose. Telegram itself keeps updates whose delivery failed.
  synchronous: () => true,
});
