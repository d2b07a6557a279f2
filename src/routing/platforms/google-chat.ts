import { type JwtHint, peekJwt } from '../jwt.ts';
import { definePlatform, type RequestHead } from '../platform.ts';
import { oneDelivery } from './read/ids.ts';

/*
 * Google Chat: no event names its app. The audience of the bearer token does: the number of the app's Cloud project,
 * or the URL of its endpoint, depending on the app's configuration.
 * https://developers.google.com/workspace/chat/verify-requests-from-chat
 *
 * The token is not verified here; the gateway verifies it.
 */

const CHAT = 'chat@system.gserviceaccount.com';

/** The service account of a Chat app that is a Google Workspace add-on. */
const ADD_ON = /^service-\d{1,20}@gcp-sa-gsuiteaddons\.iam\.gserviceaccount\.com$/;

/** Google also signs ID tokens for others (Pub/Sub push, Cloud Tasks), so there the account's address counts. */
function isChat({ iss, email }: JwtHint): boolean {
  if (iss === CHAT) return true;
  if (iss !== 'https://accounts.google.com' && iss !== 'accounts.google.com') return false;
  return email === CHAT || (email !== undefined && ADD_ON.test(email));
}

function hint(head: RequestHead): JwtHint | undefined {
  const read = peekJwt(head.header('authorization'));
  return read !== undefined && isChat(read) ? read : undefined;
}

const URL_AUDIENCE = /^(https?):\/\/([^/?#]+)(.*)$/i;

/**
 * A URL without what does not tell it from another: the case of scheme and host, the scheme's own port, a final slash.
 * Google writes the audience as the app's configuration has it, which may differ so from the route.
 */
function normalise(_field: string, value: string): string {
  const [, scheme, authority, rest = ''] = URL_AUDIENCE.exec(value) ?? [];
  if (scheme === undefined || authority === undefined) return value;
  const proto = scheme.toLowerCase();
  const host = authority.toLowerCase().replace(proto === 'https' ? /:443$/ : /:80$/, '');
  return `${proto}://${host}${rest.replace(/\/$/, '')}`;
}

function audienceOf(head: RequestHead): string | undefined {
  const audience = hint(head)?.aud;
  return audience === undefined ? undefined : normalise('audience', audience);
}

export const googleChat = definePlatform({
  name: 'google-chat',
  configKey: 'google_chat',
  fields: ['audience'],
  headFields: ['audience'],
  headers: ['authorization'],
  normalise,
  recognises: (head) => hint(head) !== undefined,
  deliveries: (head) => oneDelivery('google-chat', { audience: audienceOf(head) }),
  // Chat accepts a synchronous answer for about half a minute.
  deadline: () => 30_000,
  // The answer is the app's message, card or dialog. A 404 shows the user that the app does not respond.
  synchronous: () => true,
});
