import { bodyFormat } from '../../body/content-type.ts';
import type { BodyFields } from '../../body/reads.ts';
import { peekJwt } from '../../jwt.ts';
import type { Ambiguous, Platform, RequestHead } from '../../platform.ts';
import type { Attributes, RouteKey } from '../../route.ts';
import { allIds, firstId, present } from '../read/read.ts';

// The Activity protocol: https://github.com/microsoft/Agents/blob/main/specs/activity/protocol-activity.md

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Teams' bots and Agent 365's agentic users; what stands behind is a GUID and compares without case. */
const GUID_PREFIXES = ['28:', '8:orgid:'] as const;

/**
 * Agent 365 names the agent's own tenant at the recipient; Teams names the conversation's, and in channelData
 * the same again. The nearest to the bot decides.
 */
const TENANT = ['/recipient/tenantId', '/conversation/tenantId', '/channelData/tenant/id'] as const;

/**
 * Where a skill calls its parent back (microsoft/botbuilder-js, channelServiceRoutes.ts): the activity there is
 * the reply, whose recipient is the user.
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

/** Whom the token is for: an app id in every channel; what is no GUID, or no sound token, hints at nobody. */
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
  // A recipient is required (A2070) but has been seen missing: without one it is this sender's still.
  if (body.kind('/recipient') !== 'object') return channel && (service || conversation);
  return channel || service || conversation || body.kind('/type') === 'string';
}

function deliveries(head: RequestHead, body: BodyFields | null): readonly Attributes[] | Ambiguous {
  const aud = audience(head);
  const tenant = id('tenant', body === null ? undefined : firstId(body, TENANT));
  if (isToldByToken(head, body)) return aud === undefined ? [] : delivery({ app: aud, tenant });
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
 * A skill's activity keeps its parent's recipient, or has an empty one (microsoft/botbuilder-js,
 * botFrameworkHttpClient.ts), and what a skill answers has the user's: the body names the wrong bot.
 */
function isToldByToken(head: RequestHead, body: BodyFields | null): boolean {
  return CALLBACK.test(head.path) || body?.text('/recipient/role')?.toLowerCase() === 'skill';
}

/**
 * Where the recipient is no `28:<app>`, the app is that of the token alone. In Agent 365 that is the blueprint,
 * which many agents share: a route that names an agent by its own ids is asked before one that names an app,
 * also where that one has more fields. So `app: <blueprint>` takes what is left, and never another route's.
 */
const OWN = ['recipient', 'agentic_app'] as const;

function delivery(
  values: Readonly<Record<string, string | undefined>>,
  own?: readonly string[],
): readonly Attributes[] {
  const fields = present(values);
  if (Object.keys(fields).length === 0) return [];
  return [
    { platform: 'bot-framework', fields, ...(own !== undefined && fields['app'] !== undefined && { own }) },
  ];
}

/** An app G is written into a request as recipient `28:G`: a route by either claims the same requests. */
function comparable({ app, ...rest }: RouteKey['fields']): RouteKey['fields'] {
  if (app === undefined) return rest;
  return rest['recipient'] === undefined
    ? { ...rest, recipient: app.map((one) => `28:${one}`) }
    : { ...rest, app };
}

/** What a skill is answered holds the id of the activity it sent. */
function synchronous(head: RequestHead, body: BodyFields | null): boolean {
  if (body === null || CALLBACK.test(head.path)) return true;
  const mode = body.text('/deliveryMode');
  return body.text('/type') === 'invoke' || mode === 'expectReplies' || mode === 'stream';
}

/** A mode that is not known may want more of the answer than its status. */
function spoolable(_head: RequestHead, body: BodyFields | null): boolean {
  const kind = body?.kind('/deliveryMode');
  if (kind === undefined || kind === 'null') return true;
  const mode = body?.text('/deliveryMode');
  return mode === 'normal' || mode === 'notification';
}

/** An activity's id is unique within its conversation, and may be missing. */
function dedupKey(_head: RequestHead, body: BodyFields | null): readonly string[] | undefined {
  return allIds([body?.text('/conversation/id'), body?.text('/id')]);
}

/** Teams, Direct Line, Web Chat, the Emulator and Agent 365: one activity a request, one bot an activity. */
export const botFramework: Platform = {
  name: 'bot-framework',
  configKey: 'bot_framework',
  fields: ['app', 'recipient', 'agentic_app', 'tenant'],
  // The token hints at the app, but where the body names another bot, both have to be seen.
  headFields: [],
  secretFields: [],
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
    form: [],
    formJson: {},
  },
  normalise,
  comparable,
  recognises,
  deliveries,
  handshake: () => undefined,
  unmatched: () => undefined,
  // 10 to 15 s by channel, then the user sees a 504 (learn.microsoft.com, "Manage a long-running operation").
  deadline: () => 15_000,
  synchronous,
  // After its deadline the user sees an error, and nothing comes again (learn.microsoft.com, as above).
  spoolable,
  acknowledgement: () => ({ status: 202, contentType: null, body: '' }),
  dedupKey,
  orderKey: (_head, body) => body?.text('/conversation/id'),
};
