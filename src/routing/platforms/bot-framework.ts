import { bodyFormat } from '../content-type.ts';
import type { BodyFields, Platform, RequestHead } from '../platform.ts';
import type { Attributes } from '../route.ts';
import { firstId, present } from './read.ts';

// The Activity protocol: https://github.com/microsoft/Agents/blob/main/specs/activity/protocol-activity.md

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Teams' bots and Agent 365's agentic users; what stands behind is a GUID and compares without case. */
const GUID_PREFIXES = ['28:', '8:orgid:'] as const;

/**
 * Agent 365 names the agent's own tenant at the recipient; Teams names the conversation's, and in channelData
 * the same again. The nearest to the bot decides.
 */
const TENANT = ['/recipient/tenantId', '/conversation/tenantId', '/channelData/tenant/id'] as const;

function normalise(field: string, value: string): string {
  if (field === 'app' && value.startsWith('28:')) return normalise('app', value.slice(3));
  const prefix = field === 'recipient' ? GUID_PREFIXES.find((start) => value.startsWith(start)) : undefined;
  return GUID.test(value.slice(prefix?.length ?? 0)) ? value.toLowerCase() : value;
}

function id(field: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : normalise(field, value);
}

function recognises(head: RequestHead, body?: BodyFields): boolean | 'needs body' {
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

/**
 * `app` only where the recipient is `28:<guid>`: in other channels (Direct Line, the Emulator, Agent 365) the
 * id at the recipient is no app id. A skill's activity keeps its parent's recipient, so it names the wrong
 * bot (microsoft/botbuilder-js, botFrameworkHttpClient.ts) and is for nobody that the body knows.
 */
function deliveries(_head: RequestHead, body: BodyFields): readonly Attributes[] {
  if (body.text('/recipient/role')?.toLowerCase() === 'skill') return [];
  const recipient = id('recipient', body.text('/recipient/id'));
  const app = recipient?.startsWith('28:') === true ? recipient.slice(3) : undefined;
  const fields = present({
    app: app !== undefined && GUID.test(app) ? app : undefined,
    recipient,
    agentic_app: id('agentic_app', body.text('/recipient/agenticAppId')),
    tenant: id('tenant', firstId(body, TENANT)),
  });
  return Object.keys(fields).length === 0 ? [] : [{ platform: 'bot-framework', fields }];
}

/** Teams, Direct Line, Web Chat, the Emulator and Agent 365: one activity a request, one bot an activity. */
export const botFramework: Platform = {
  name: 'bot-framework',
  configKey: 'bot_framework',
  fields: ['app', 'recipient', 'agentic_app', 'tenant'],
  reads: {
    json: [
      '/type',
      '/channelId',
      '/serviceUrl',
      '/deliveryMode',
      '/conversation',
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
  recognises,
  deliveries,
  handshake: () => undefined,
  unmatched: () => undefined,
  // 10 to 15 s by channel, then the user sees a 504 (learn.microsoft.com, "Manage a long-running operation").
  deadline: () => 15_000,
  synchronous: (_head, body) => {
    const mode = body.text('/deliveryMode');
    return body.text('/type') === 'invoke' || mode === 'expectReplies' || mode === 'stream';
  },
};
