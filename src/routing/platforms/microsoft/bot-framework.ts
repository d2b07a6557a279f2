import { bodyFormat } from '../../body/content-type.ts';
import type { BodyFields } from '../../body/reads.ts';
import { peekJwt } from '../../jwt.ts';
import { ACTIVITY_SHAPE, CALL_ISSUERS, isActivity } from '../../microsoft-activity.ts';
import { appIdOf, appOfAccount, appOfAudience, guidOf } from '../../microsoft-ids.ts';
import { type Ambiguous, definePlatform, type RequestHead } from '../../platform.ts';
import type { Attributes, RouteKey } from '../../route.ts';
import { allIds, firstId, presentFields } from '../read/ids.ts';

/*
 * Bot Framework: Teams, Direct Line, Web Chat, the Emulator and Agent 365. A request holds one activity for one bot:
 * /recipient/id (Teams: `28:<app id>`), for Agent 365 also /recipient/agenticAppId, and the audience of the bearer token.
 * https://github.com/microsoft/Agents/blob/main/specs/activity/protocol-activity.md
 *
 * A notification to a calling bot is no activity, and only its token names the app.
 * https://learn.microsoft.com/microsoftteams/platform/bots/calls-and-meetings/call-notifications
 */

/** The ids of Agent 365's agentic users. A GUID follows, whose case does not matter. */
const USER = '8:orgid:';

/** An agentic user's principal name, whose case does not matter. A Direct Line recipient `<bot>@<suffix>` has no dot. */
const PRINCIPAL = /^[^@\s]+@[^@\s.]+\.[^@\s]+$/;

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

/** Characters; bounds what is remembered of an unmatched request. */
const LONGEST_AUDIENCE = 512;

function normalise(field: string, value: string): string {
  if (field === 'app') return appIdOf(value) ?? value;
  if (field !== 'recipient') return guidOf(value) ?? value;
  const app = appOfAccount(value);
  if (app !== undefined) return `28:${app}`;
  if (PRINCIPAL.test(value)) return value.toLowerCase();
  const user = value.startsWith(USER) ? guidOf(value.slice(USER.length)) : undefined;
  return user === undefined ? (guidOf(value) ?? value) : USER + user;
}

function id(field: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : normalise(field, value);
}

/** The app id that the bearer token is for; undefined if its audience is no app or it cannot be read. */
function tokenApp(head: RequestHead): string | undefined {
  const aud = peekJwt(head.header('authorization'))?.aud;
  return aud === undefined ? undefined : appOfAudience(aud);
}

/**
 * Whether the token is of those that call notifications have. The JSON of these has no one shape: an incoming call
 * comes in the format of Skype first (the same page, protocol determination).
 */
function isForCallingBot(head: RequestHead): boolean {
  const claims = peekJwt(head.header('authorization'));
  return CALL_ISSUERS.includes(claims?.iss ?? '') && appOfAudience(claims?.aud ?? '') !== undefined;
}

function recognises(head: RequestHead, body?: BodyFields): boolean | 'needs body' {
  if (CALLBACK.test(head.path) && tokenApp(head) !== undefined) return true;
  if (head.method !== 'POST') return false;
  if (body === undefined) {
    const format = bodyFormat(head);
    return format === 'json' || format === 'unknown' ? 'needs body' : false;
  }
  return body.format === 'json' && (isActivity(body) || isForCallingBot(head));
}

function deliveries(head: RequestHead, body: BodyFields | null): readonly Attributes[] | Ambiguous {
  const audience = peekJwt(head.header('authorization'))?.aud;
  const app = audience === undefined ? undefined : appOfAudience(audience);
  const tenant = id('tenant', body === null ? undefined : firstId(body, TENANT));
  if (isNamedByTokenAlone(head, body)) return app === undefined ? [] : delivery({ app, tenant }, audience);
  const recipient = id('recipient', body?.text('/recipient/id'));
  const agenticApp = id('agentic_app', body?.text('/recipient/agenticAppId'));
  const named = recipient === undefined ? undefined : appOfAccount(recipient);
  if (named !== undefined && app !== undefined && app !== named) {
    return { ambiguous: 'the recipient and the token name two bots' };
  }
  const fields = { app: named ?? app, recipient, agentic_app: agenticApp, tenant };
  return delivery(fields, audience, named === undefined ? OWN : undefined);
}

/**
 * Whether the body does not name the bot, or the wrong one: a call notification; an activity for a skill, which keeps its
 * parent's recipient or has an empty one (microsoft/botbuilder-js, botFrameworkHttpClient.ts); a skill's reply, which
 * names the user.
 */
function isNamedByTokenAlone(head: RequestHead, body: BodyFields | null): boolean {
  if (CALLBACK.test(head.path) || body === null) return true;
  return !isActivity(body) || body.text('/recipient/role')?.toLowerCase() === 'skill';
}

/**
 * If the recipient is not `28:<app>`, only the token names an app. In Agent 365 that is the blueprint, which many agents
 * share. So a route by an agent's own ids wins over one by the app, even if the latter has more fields.
 */
const OWN = ['recipient', 'agentic_app'] as const;

function delivery(
  values: Readonly<Record<string, string | undefined>>,
  audience: string | undefined,
  own?: readonly string[],
): readonly Attributes[] {
  const fields = presentFields(values);
  if (Object.keys(fields).length === 0) return [];
  return [
    {
      platform: 'bot-framework',
      fields,
      ...(own !== undefined && fields['app'] !== undefined && { own }),
      ...(audience !== undefined && audience.length <= LONGEST_AUDIENCE && { audience }),
    },
  ];
}

/** A request for the app G has the recipient `28:G`, so that routes by either claim the same requests. */
function comparable({ app, ...rest }: RouteKey['fields']): RouteKey['fields'] {
  if (app === undefined) return rest;
  return rest['recipient'] === undefined
    ? { ...rest, recipient: app.map((one) => `28:${one}`) }
    : { ...rest, app };
}

/** A skill needs the id of the activity it sent, which is in the answer; a call is taken, or redirected, by the answer. */
function synchronous(head: RequestHead, body: BodyFields | null): boolean {
  if (body === null || CALLBACK.test(head.path) || !isActivity(body)) return true;
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
      ...ACTIVITY_SHAPE,
      '/id',
      '/deliveryMode',
      '/conversation/id',
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
