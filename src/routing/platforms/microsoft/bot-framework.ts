import { bodyFormat } from '../../body/content-type.ts';
import type { BodyFields } from '../../body/reads.ts';
import { peekJwt } from '../../jwt.ts';
import { type Ambiguous, definePlatform, type RequestHead } from '../../platform.ts';
import type { Attributes, RouteKey } from '../../route.ts';
import { allIds, firstId, presentFields } from '../read/ids.ts';

/*
 * Bot Framework: Teams, Direct Line, Web Chat, the Emulator and Agent 365. A request holds one activity for one bot:
 * /recipient/id (Teams: `28:<app id>`), for Agent 365 also /recipient/agenticAppId, and the audience of the bearer token.
 * https://github.com/microsoft/Agents/blob/main/specs/activity/protocol-activity.md
 */

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Prefixes of the ids of Teams' bots and of Agent 365's agentic users. A GUID follows, whose case does not matter. */
const GUID_PREFIXES = ['28:', '8:orgid:'] as const;

/**
 * Where an activity names a tenant: Agent 365 names the agent's own at the recipient, Teams the conversation's. The
 * first one counts, as the nearest to the bot.
 */
const TENANT = ['/recipient/tenantId', '/conversation/tenantId', '/channelData/tenant/id'] as const;

/**
 * The path at which a skill calls its parent back (microsoft/botbuilder-js, channelServiceRoutes.ts). The activity is
 * the skill's reply, so its recipient is the user.
 */
const CALLBACK = /\/v3\/conversations(?:\/|$)/i;

function normalise(field: string, value: string): string {
  if (field === 'app' && value.startsWith('28:')) return normalise('app', value.slice(3));
  const prefix = field === 'recipient' ? GUID_PREFIXES.find((start) => value.startsWith(start)) : undefined;
  return GUID.test(value.slice(prefix?.length ?? 0)) ? value.toLowerCase() : value;
}

function id(field: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : normalise(field, value);
}

/** The app id that the bearer token is for; undefined if its audience is not a GUID or it cannot be read. */
function audience(head: RequestHead): string | undefined {
  const aud = peekJwt(head.header('authorization'))?.aud;
  return aud !== undefined && GUID.test(aud) ? aud.toLowerCase() : undefined;
}

function recognises(head: RequestHead, body?: BodyFields): boolean | 'needs body' {
  if (CALLBACK.test(head.path) && audience(head) !== undefined) return true;
  if (head.method !== 'POST') return false;
  if (body === undefined) {
    const format = bodyFormat(head);
    return format === 'json' || format === 'unknown' ? 'needs body' : false;
  }
  if (body.format !== 'json') return false;
  const channel = body.kind('/channelId') === 'string';
  const service = body.kind('/serviceUrl') === 'string';
  const conversation = body.kind('/conversation') === 'object';
  // A recipient is required (A2070), but activities without one have been seen.
  if (body.kind('/recipient') !== 'object') return channel && (service || conversation);
  return channel || service || conversation || body.kind('/type') === 'string';
}

function deliveries(head: RequestHead, body: BodyFields | null): readonly Attributes[] | Ambiguous {
  const aud = audience(head);
  const tenant = id('tenant', body === null ? undefined : firstId(body, TENANT));
  if (isNamedByTokenAlone(head, body)) return aud === undefined ? [] : delivery({ app: aud, tenant });
  const recipient = id('recipient', body?.text('/recipient/id'));
  const agenticApp = id('agentic_app', body?.text('/recipient/agenticAppId'));
  const named = recipient?.startsWith('28:') === true ? recipient.slice(3) : '';
  if (GUID.test(named)) {
    if (aud !== undefined && aud !== named) return { ambiguous: 'the recipient and the token name two bots' };
    return delivery({ app: named, recipient, agentic_app: agenticApp, tenant });
  }
  return delivery({ app: aud, recipient, agentic_app: agenticApp, tenant }, OWN);
}

/**
 * Whether the body names the wrong bot: an activity for a skill keeps its parent's recipient or has an empty one
 * (microsoft/botbuilder-js, botFrameworkHttpClient.ts), and a skill's reply names the user.
 */
function isNamedByTokenAlone(head: RequestHead, body: BodyFields | null): boolean {
  return CALLBACK.test(head.path) || body?.text('/recipient/role')?.toLowerCase() === 'skill';
}

/**
 * If the recipient is not `28:<app>`, only the token names an app. In Agent 365 that is the blueprint, which many agents
 * share. So a route by an agent's own ids wins over one by the app, even if the latter has more fields.
 */
const OWN = ['recipient', 'agentic_app'] as const;

function delivery(
  values: Readonly<Record<string, string | undefined>>,
  own?: readonly string[],
): readonly Attributes[] {
  const fields = presentFields(values);
  if (Object.keys(fields).length === 0) return [];
  return [
    { platform: 'bot-framework', fields, ...(own !== undefined && fields['app'] !== undefined && { own }) },
  ];
}

/** A request for the app G has the recipient `28:G`, so that routes by either claim the same requests. */
function comparable({ app, ...rest }: RouteKey['fields']): RouteKey['fields'] {
  if (app === undefined) return rest;
  return rest['recipient'] === undefined
    ? { ...rest, recipient: app.map((one) => `28:${one}`) }
    : { ...rest, app };
}

/** A skill needs the id of the activity it sent, which is in the answer. */
function synchronous(head: RequestHead, body: BodyFields | null): boolean {
  if (body === null || CALLBACK.test(head.path)) return true;
  const mode = body.text('/deliveryMode');
  return body.text('/type') === 'invoke' || mode === 'expectReplies' || mode === 'stream';
}

/** An unknown delivery mode may need more of the answer than its status. */
function spoolable(_head: RequestHead, body: BodyFields | null): boolean {
  const kind = body?.kind('/deliveryMode');
  if (kind === undefined || kind === 'null') return true;
  const mode = body?.text('/deliveryMode');
  return mode === 'normal' || mode === 'notification';
}

/** An activity's id is unique within its conversation; some activities have none. */
function dedupKey(_head: RequestHead, body: BodyFields | null): readonly string[] | undefined {
  return allIds([body?.text('/conversation/id'), body?.text('/id')]);
}

export const botFramework = definePlatform({
  name: 'bot-framework',
  configKey: 'bot_framework',
  fields: ['app', 'recipient', 'agentic_app', 'tenant'],
  // No headFields: the token names an app, but the body may name another bot.
  headers: ['authorization'],
  reads: {
    json: [
      '/type',
      '/id',
      '/channelId',
      '/serviceUrl',
      '/deliveryMode',
      '/conversation',
      '/conversation/id',
      '/recipient',
      '/recipient/id',
      '/recipient/role',
      '/recipient/agenticAppId',
      ...TENANT,
    ],
  },
  normalise,
  comparable,
  recognises,
  deliveries,
  // 10 to 15 s, depending on the channel; then the user sees a 504 (learn.microsoft.com, "Manage a long-running operation").
  deadline: () => 15_000,
  synchronous,
  // After the deadline the user sees an error, and the channel repeats nothing (the same page).
  spoolable,
  acknowledgement: () => ({ status: 202, contentType: null, body: '' }),
  dedupKey,
  orderKey: (_head, body) => body?.text('/conversation/id'),
});
