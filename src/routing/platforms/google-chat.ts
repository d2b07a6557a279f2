import { type JwtHint, peekJwt } from '../jwt.ts';
import type { Platform, RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';

// https://developers.google.com/workspace/chat/verify-requests-from-chat

const CHAT = 'chat@system.gserviceaccount.com';

/** A Chat app that is a Google Workspace add-on has a service account of its own. */
const ADD_ON = /^service-\d{1,20}@gcp-sa-gsuiteaddons\.iam\.gserviceaccount\.com$/;

/** Google signs ID tokens for others too (Pub/Sub's pushes, Cloud Tasks): there the account counts. */
function isChat({ iss, email }: JwtHint): boolean {
  if (iss === CHAT) return true;
  if (iss !== 'https://accounts.google.com' && iss !== 'accounts.google.com') return false;
  return email === CHAT || (email !== undefined && ADD_ON.test(email));
}

function hint(head: RequestHead): JwtHint | undefined {
  const read = peekJwt(head.header('authorization'));
  return read !== undefined && isChat(read) ? read : undefined;
}

function deliveries(head: RequestHead): readonly Attributes[] {
  const audience = hint(head)?.aud;
  return audience ? [{ platform: 'google-chat', fields: { audience } }] : [];
}

/**
 * No event names the app it is for; its bearer token's audience does: the number of the app's Cloud project, or
 * the URL of its endpoint, by the app's configuration. The token is not verified here: it routes, and the
 * gateway verifies it.
 */
export const googleChat: Platform = {
  name: 'google-chat',
  configKey: 'google_chat',
  fields: ['audience'],
  headFields: ['audience'],
  secretFields: [],
  reads: { json: [], form: [], formJson: {} },
  normalise: (_field, value) => value,
  recognises: (head) => hint(head) !== undefined,
  deliveries,
  handshake: () => undefined,
  // Chat tells its user that the app does not respond.
  unmatched: () => undefined,
  // Chat takes a synchronous answer for about half a minute.
  deadline: () => 30_000,
  // The answer is the app's message, card or dialog.
  synchronous: () => true,
};
