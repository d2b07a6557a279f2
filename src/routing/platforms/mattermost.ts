import { bodyFormat } from '../body/content-type.ts';
import type { BodyFields } from '../body/reads.ts';
import { type Ambiguous, definePlatform, type RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { hasInQuery } from './read/body-shape.ts';
import { oneDelivery } from './read/ids.ts';
import { readQuery } from './read/strict-query.ts';

/*
 * Mattermost: outgoing webhooks, slash commands, buttons and dialogs. `token` and `team_id` are fields of the JSON or
 * form body, or of the query if the command's method is GET.
 * https://developers.mattermost.com/integrate/webhooks/outgoing, …/slash-commands, …/plugins/interactive-messages
 *
 * Nothing is signed: the token is what a gateway checks.
 */

/** Ids and tokens alike (mattermost, server/public/model/utils.go); no other sender writes its ids so. */
const ID = /^[a-z0-9]{26}$/;

const FIELDS = ['token', 'team_id', 'channel_id', 'user_id'] as const;
const WANTED: ReadonlySet<string> = new Set(FIELDS);

type Read = (name: (typeof FIELDS)[number]) => string | undefined;

function recognises(head: RequestHead, body?: BodyFields): boolean | 'needs body' {
  if (head.method === 'GET') {
    if (!hasInQuery(head, ['token', 'channel_id', 'user_id'])) return false;
    const query = readQuery(head, WANTED);
    return 'ambiguous' in query || hasItsIds((name) => query.get(name));
  }
  if (head.method !== 'POST') return false;
  if (body !== undefined) return hasItsIds(readBody(body));
  const format = bodyFormat(head);
  return format === 'json' || format === 'form' || format === 'unknown' ? 'needs body' : false;
}

function hasItsIds(read: Read): boolean {
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

/** Buttons and dialogs have no token, direct messages no team. */
function attributes(head: RequestHead, read: Read): readonly Attributes[] | Ambiguous {
  const token = read('token');
  // A command sends its token twice, and a gateway may check either.
  const inHeader = /^token +(\S+)$/i.exec(head.header('authorization') ?? '')?.[1];
  if (inHeader !== undefined && token !== undefined && inHeader !== token) {
    return { ambiguous: 'two tokens, one of them in the Authorization header' };
  }
  return oneDelivery('mattermost', { token, team: read('team_id') });
}

export const mattermost = definePlatform({
  name: 'mattermost',
  configKey: 'mattermost',
  fields: ['token', 'team'],
  secretFields: ['token'],
  // Slack's commands have the same form fields.
  imitates: ['slack'],
  headers: ['authorization'],
  reads: { json: FIELDS.map((name) => `/${name}`), form: FIELDS },
  recognises,
  deliveries,
  // OutgoingIntegrationRequestsDefaultTimeout (mattermost, server/public/model/config.go).
  deadline: () => 30_000,
  // The answer is posted, or shown to the user; a 404 tells the user that the command failed.
  synchronous: () => true,
});
