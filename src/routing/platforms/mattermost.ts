import { bodyFormat } from '../body/content-type.ts';
import type { BodyFields } from '../body/reads.ts';
import type { Ambiguous, Platform, RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { hasInQuery } from './read/body-shape.ts';
import { present } from './read/read.ts';
import { readQuery } from './read/strict-query.ts';

// https://developers.mattermost.com/integrate/webhooks/outgoing, …/slash-commands, …/plugins/interactive-messages

/** Ids and tokens alike (mattermost, server/public/model/utils.go): no other sender writes its ids so. */
const ID = /^[a-z0-9]{26}$/;

const FIELDS = ['token', 'team_id', 'channel_id', 'user_id'] as const;
const WANTED: ReadonlySet<string> = new Set(FIELDS);

type Read = (name: (typeof FIELDS)[number]) => string | undefined;

/** A command's method is configured: with GET, all of it stands in the query. */
function recognises(head: RequestHead, body?: BodyFields): boolean | 'needs body' {
  if (head.method === 'GET') {
    if (!hasInQuery(head, ['token', 'channel_id', 'user_id'])) return false;
    const query = readQuery(head, WANTED);
    return 'ambiguous' in query || looksLikeItsOwn((name) => query.get(name));
  }
  if (head.method !== 'POST') return false;
  if (body !== undefined) return looksLikeItsOwn(readBody(body));
  const format = bodyFormat(head);
  return format === 'json' || format === 'form' || format === 'unknown' ? 'needs body' : false;
}

function looksLikeItsOwn(read: Read): boolean {
  const isId = (name: (typeof FIELDS)[number]) => ID.test(read(name) ?? '');
  return isId('channel_id') && (isId('user_id') || isId('token'));
}

function readBody(body: BodyFields | null): Read {
  return (name) => (body?.format === 'form' ? body.form(name) : body?.text(`/${name}`));
}

function deliveries(head: RequestHead, body: BodyFields | null): readonly Attributes[] | Ambiguous {
  if (head.method !== 'GET') return attributes(head, readBody(body));
  const query = readQuery(head, WANTED);
  return 'ambiguous' in query ? query : attributes(head, (name) => query.get(name));
}

/** Buttons and dialogs carry no token, direct messages no team. */
function attributes(head: RequestHead, read: Read): readonly Attributes[] | Ambiguous {
  const token = read('token');
  // A command carries its token twice, and a gateway may look at either.
  const inHeader = /^token +(\S+)$/i.exec(head.header('authorization') ?? '')?.[1];
  if (inHeader !== undefined && token !== undefined && inHeader !== token) {
    return { ambiguous: 'two tokens, one of them in the Authorization header' };
  }
  const fields = present({ token, team: read('team_id') });
  return Object.keys(fields).length === 0 ? [] : [{ platform: 'mattermost', fields }];
}

/**
 * Outgoing webhooks, slash commands, buttons and dialogs. Nothing is signed: the token is what a gateway checks.
 */
export const mattermost: Platform = {
  name: 'mattermost',
  configKey: 'mattermost',
  fields: ['token', 'team'],
  headFields: [],
  secretFields: ['token'],
  reads: { json: FIELDS.map((name) => `/${name}`), form: FIELDS, formJson: {} },
  normalise: (_field, value) => value,
  recognises,
  deliveries,
  handshake: () => undefined,
  // Whoever typed a command is told by Mattermost itself that it failed.
  unmatched: () => undefined,
  // OutgoingIntegrationRequestsDefaultTimeout (mattermost, server/public/model/config.go).
  deadline: () => 30_000,
  // The answer is posted, or shown to the user.
  synchronous: () => true,
};
