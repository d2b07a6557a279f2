import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { botFramework } from '../../../../src/routing/platforms/microsoft/bot-framework.ts';
import type { Route } from '../../../../src/routing/route.ts';
import {
  attributesOf,
  fate,
  fieldsOf,
  form,
  head,
  json,
  keyRoute,
  type Request,
  tableOf,
} from '../../support.ts';

const APP = 'aaaaaaaa-0000-0000-0000-000000000001';
const INSTANCE = 'bbbbbbbb-0000-0000-0000-000000000002';
const USER = 'cccccccc-0000-0000-0000-000000000003';
const TENANT = 'dddddddd-0000-0000-0000-000000000004';
const OTHER = 'eeeeeeee-0000-0000-0000-000000000005';

const teams = {
  type: 'message',
  id: '1700000000001',
  channelId: 'msteams',
  serviceUrl: `https://smba.trafficmanager.net/emea/${TENANT}/`,
  from: { id: '29:1AAAAAAAA', aadObjectId: USER },
  conversation: { id: 'a:1AAAAAAAA', conversationType: 'personal', tenantId: TENANT },
  recipient: { id: `28:${APP}`, name: 'a bot' },
  channelData: { tenant: { id: TENANT } },
};

const agentic = {
  ...teams,
  channelId: 'agents',
  conversation: { id: '19:AAAA@thread.v2' },
  channelData: {},
  recipient: {
    id: `8:orgid:${USER}`,
    agenticAppId: INSTANCE,
    agenticUserId: USER,
    agenticAppBlueprintId: APP,
    tenantId: TENANT,
    role: 'agenticUser',
  },
};

describe('the attributes of a Bot Framework activity', () => {
  const cases: readonly (readonly [string, unknown, Readonly<Record<string, string>> | undefined])[] = [
    ['Teams names the app', teams, { app: APP, recipient: `28:${APP}`, tenant: TENANT }],
    [
      'Teams in another case',
      {
        ...teams,
        recipient: { id: `28:${APP.toUpperCase()}` },
        conversation: { tenantId: TENANT.toUpperCase() },
      },
      { app: APP, recipient: `28:${APP}`, tenant: TENANT },
    ],
    [
      'a tenant in channelData alone',
      { ...teams, conversation: { id: '19:AAAA@thread.tacv2' } },
      { app: APP, recipient: `28:${APP}`, tenant: TENANT },
    ],
    [
      "Agent 365 names the instance, its user and the agent's own tenant",
      { ...agentic, conversation: { id: 'x', tenantId: OTHER } },
      { recipient: `8:orgid:${USER}`, agentic_app: INSTANCE, tenant: TENANT },
    ],
    [
      "Agent 365's lifecycle names its user by the bare id",
      {
        type: 'event',
        name: 'agentLifecycle',
        channelId: 'agents',
        from: { id: 'system' },
        recipient: { id: USER.toUpperCase(), agenticAppId: INSTANCE.toUpperCase() },
      },
      { recipient: USER, agentic_app: INSTANCE },
    ],
    [
      "Agent 365's user by its principal name",
      { ...agentic, recipient: { id: 'Agent.One@bots.example', agenticAppId: INSTANCE } },
      { recipient: 'agent.one@bots.example', agentic_app: INSTANCE },
    ],
    [
      'Direct Line names a handle',
      { type: 'message', channelId: 'directline', recipient: { id: `${APP.toUpperCase()}@AbCdEfGhIjK` } },
      { recipient: `${APP.toUpperCase()}@AbCdEfGhIjK` },
    ],
    [
      'the Emulator names any string',
      { type: 'message', channelId: 'emulator', recipient: { id: 'bot-1', role: 'bot' } },
      { recipient: 'bot-1' },
    ],
    [
      'Facebook names a page',
      { type: 'message', recipient: { id: '100000000000001' } },
      { recipient: '100000000000001' },
    ],
    [
      '28: and no GUID is no app',
      { ...teams, recipient: { id: '28:integration' } },
      { recipient: '28:integration', tenant: TENANT },
    ],
    ['an id that is no string is no key', { ...teams, recipient: { id: 28 } }, { tenant: TENANT }],
    [
      'a tenant that is no string hides those behind it',
      { ...teams, conversation: { tenantId: 5 } },
      { app: APP, recipient: `28:${APP}` },
    ],
    ['an empty id is no key', { type: 'message', recipient: { id: '', agenticAppId: '' } }, undefined],
    ['no recipient', { type: 'typing', channelId: 'msteams', conversation: {} }, undefined],
    [
      "a skill's activity keeps its parent's recipient",
      { ...teams, recipient: { ...teams.recipient, role: 'Skill' } },
      undefined,
    ],
  ];
  for (const [name, body, expected] of cases) {
    it(name, () => assert.deepEqual(attributesOf(botFramework, json(body)), expected));
  }
});

/** An Authorization header whose token says so; nobody signed it. */
function bearer(claims: object): Readonly<Record<string, string>> {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return { authorization: `Bearer ${part({ alg: 'RS256' })}.${part(claims)}.AAAA` };
}

type Delivered = ReturnType<typeof botFramework.deliveries>;

/** Without the audience, of which a test of its own speaks. */
function delivered(request: Request): Delivered {
  const deliveries = botFramework.deliveries(head(request), fieldsOf(botFramework, request));
  return 'ambiguous' in deliveries ? deliveries : deliveries.map(({ audience: _, ...rest }) => rest);
}

describe('the token of a Bot Framework request', () => {
  const token = bearer({ aud: APP, iss: 'https://api.botframework.com' });
  const one = (fields: Readonly<Record<string, string>>, own?: readonly string[]): Delivered => [
    { platform: 'bot-framework', fields, ...(own && { own }) },
  ];
  const own = ['recipient', 'agentic_app'];
  const parent = { ...teams, recipient: { id: `28:${OTHER}`, role: 'Skill' } };
  const handle = { type: 'message', channelId: 'directline', recipient: { id: 'greeter@AbCdEfGhIjK' } };
  const cases: readonly (readonly [string, Request, Delivered])[] = [
    [
      'agrees with the recipient',
      json(teams, bearer({ aud: APP.toUpperCase() })),
      one({ app: APP, recipient: `28:${APP}`, tenant: TENANT }),
    ],
    [
      'names another bot than the recipient',
      json(teams, bearer({ aud: OTHER })),
      { ambiguous: 'the recipient and the token name two bots' },
    ],
    [
      'names the bot where the recipient is a handle',
      json(handle, token),
      one({ app: APP, recipient: 'greeter@AbCdEfGhIjK' }, own),
    ],
    [
      'names the bot where there is no recipient',
      json({ type: 'typing', channelId: 'directline', conversation: {} }, token),
      one({ app: APP }, own),
    ],
    [
      "names Agent 365's blueprint beside the agent's own ids",
      json(agentic, bearer({ aud: OTHER })),
      one({ app: OTHER, recipient: `8:orgid:${USER}`, agentic_app: INSTANCE, tenant: TENANT }, own),
    ],
    [
      "names a skill, its parent's recipient does not",
      json(parent, token),
      one({ app: APP, tenant: TENANT }),
    ],
    ['is missing for a skill', json(parent), []],
    [
      'names the parent that a skill calls back',
      {
        ...json({ ...teams, recipient: { id: '29:user' } }, token),
        path: '/v3/conversations/a/activities/b',
      },
      one({ app: APP, tenant: TENANT }),
    ],
    [
      'names the parent behind a prefix of the path',
      { ...json({ type: 'message' }, token), path: '/bots/v3/conversations/a/activities' },
      one({ app: APP }),
    ],
    [
      'is for an Application ID URI',
      json(handle, bearer({ aud: `api://${APP}` })),
      one({ app: APP, recipient: handle.recipient.id }, own),
    ],
    [
      'is for an Application ID URI of a bot',
      json(teams, bearer({ aud: `api://botid-${APP.toUpperCase()}` })),
      one({ app: APP, recipient: `28:${APP}`, tenant: TENANT }),
    ],
    [
      'is for an Application ID URI of another bot than the recipient',
      json(teams, bearer({ aud: `api://botid-${OTHER}` })),
      { ambiguous: 'the recipient and the token name two bots' },
    ],
    [
      'names the bot that a call is for',
      json({ value: [{ resourceUrl: '/communications/calls/x' }] }, token),
      one({ app: APP }),
    ],
    [
      'says no GUID',
      json(handle, bearer({ aud: 'https://bots.example.com' })),
      one({ recipient: handle.recipient.id }),
    ],
    ['says a list', json(handle, bearer({ aud: [APP] })), one({ recipient: handle.recipient.id })],
    ['is no JWT', json(handle, { authorization: 'Bearer opaque' }), one({ recipient: handle.recipient.id })],
  ];
  for (const [name, request, expected] of cases) {
    it(name, () => assert.deepEqual(delivered(request), expected));
  }

  it('is kept as it is written, up to a bound', () => {
    const kept = (aud: string) => {
      const request = json(handle, bearer({ aud }));
      const deliveries = botFramework.deliveries(head(request), fieldsOf(botFramework, request));
      return 'ambiguous' in deliveries ? undefined : deliveries[0]?.audience;
    };
    for (const aud of [APP.toUpperCase(), `api://botid-${APP}`, 'https://bots.example.com']) {
      assert.equal(kept(aud), aud);
    }
    assert.equal(kept('x'.repeat(513)), undefined);
  });

  it('marks a call as its own by an issuer that signs for bots alone', () => {
    const call = { value: [{ resourceUrl: '/communications/calls/x' }] };
    const recognised = (claims: object, request: Request = json(call, bearer(claims))) =>
      botFramework.recognises(head(request), fieldsOf(botFramework, request));
    for (const iss of ['https://api.botframework.com', 'https://graph.microsoft.com']) {
      assert.equal(recognised({ iss, aud: APP }), true, iss);
      assert.equal(recognised({ iss, aud: `api://botid-${APP}` }), true, iss);
      assert.equal(recognised({ iss, aud: 'https://bots.example.com' }), false, iss);
      assert.equal(recognised({ iss }), false, iss);
    }
    assert.equal(recognised({ iss: `https://login.microsoftonline.com/${TENANT}/v2.0`, aud: APP }), false);
    assert.equal(recognised({}, json(call)), false);
    const request = json(call, token);
    assert.equal(botFramework.synchronous(head(request), fieldsOf(botFramework, request)), true);
  });

  it('proves a call back to a parent, whatever its method', () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'GET']) {
      const request = { method, path: '/v3/conversations/a/activities/b', headers: token };
      assert.equal(botFramework.recognises(head(request)), true);
      assert.deepEqual(botFramework.deliveries(head(request), null), [
        { platform: 'bot-framework', fields: { app: APP }, audience: APP },
      ]);
      assert.equal(botFramework.synchronous(head(request), null), true);
    }
    const without = { method: 'DELETE', path: '/v3/conversations/a/activities/b' };
    assert.equal(botFramework.recognises(head(without)), false);
    assert.equal(
      botFramework.recognises(head({ ...json({}, token), path: '/v3/conversationsx' })),
      'needs body',
    );
  });
});

describe('the agents of one Agent 365 blueprint', () => {
  const BLUEPRINT = OTHER;
  const request = json(agentic, bearer({ aud: BLUEPRINT }));
  const app = keyRoute('blueprint', 'bot-framework', { app: BLUEPRINT });
  const appInTenant = keyRoute('in tenant', 'bot-framework', { app: BLUEPRINT, tenant: TENANT });
  const instance = keyRoute('instance', 'bot-framework', { agentic_app: INSTANCE });
  const user = keyRoute('user', 'bot-framework', { recipient: `8:orgid:${USER}` });
  const both = keyRoute('both', 'bot-framework', { app: BLUEPRINT, agentic_app: INSTANCE });

  const cases: readonly (readonly [string, readonly Route[], string])[] = [
    ['an agent named by its own id is its own, not the blueprint', [app, instance], 'instance'],
    ['so is one named by its user', [app, user], 'user'],
    ['also where the blueprint has more fields', [appInTenant, instance], 'instance'],
    ['more fields win among those that name the agent', [both, instance, user], 'both'],
    ['the blueprint takes what no route names', [app], 'blueprint'],
    ['with more fields first', [app, appInTenant], 'in tenant'],
    ['nobody else does', [keyRoute('other', 'bot-framework', { app: APP })], 'unmatched 404'],
  ];
  for (const [name, routes, expected] of cases) {
    it(name, () => assert.equal(fate(tableOf(...routes), request), expected));
  }
});

describe('a Bot Framework request', () => {
  it('is ruled out by its head only if it cannot be one', () => {
    const told = (request: Request) => botFramework.recognises(head(request));
    assert.equal(told(json(teams)), 'needs body');
    assert.equal(told(json(teams, { 'content-type': 'application/json; charset=utf-8' })), 'needs body');
    assert.equal(told({ body: '{}' }), 'needs body');
    assert.equal(told({ method: 'GET' }), false);
    assert.equal(told({ ...json(teams), method: 'PUT' }), false);
    assert.equal(told(form({ a: '1' })), false);
    assert.equal(told({ headers: { 'content-type': 'text/plain' } }), false);
  });

  const shapes: readonly (readonly [string, unknown, boolean])[] = [
    ['an activity', teams, true],
    ['an agentic activity', agentic, true],
    ['a typing of two fields and a recipient', { type: 'typing', recipient: { id: 'bot-1' } }, true],
    ['an activity without a type', { recipient: {}, serviceUrl: 'https://service.example/' }, true],
    ['an activity without a recipient', { ...teams, recipient: undefined }, true],
    ['an activity whose recipient is a string', { ...teams, recipient: `28:${APP}` }, true],
    ['something with a recipient alone', { recipient: { id: 'x' } }, false],
    ['something with a type alone', { type: 'message' }, false],
    ['a Slack event', { type: 'event_callback', team_id: 'T0AAAAAAA1', event: {} }, false],
    ['a list', [teams], false],
  ];
  for (const [name, body, expected] of shapes) {
    it(`is ${expected ? '' : 'not '}recognised: ${name}`, () => {
      assert.equal(botFramework.recognises(head({}), fieldsOf(botFramework, json(body))), expected);
    });
  }

  it('waits 15 seconds, and for its answer where it is an invoke or expects replies', () => {
    const synchronous = (body: object) =>
      botFramework.synchronous(head({}), fieldsOf(botFramework, json({ ...teams, ...body })));
    assert.equal(botFramework.deadline(head({}), fieldsOf(botFramework, json(teams))), 15_000);
    assert.equal(synchronous({}), false);
    assert.equal(synchronous({ deliveryMode: 'normal' }), false);
    assert.equal(synchronous({ type: 'invoke' }), true);
    assert.equal(synchronous({ deliveryMode: 'expectReplies' }), true);
    assert.equal(synchronous({ deliveryMode: 'stream' }), true);
  });
});

describe("a Bot Framework route's value", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['app', APP.toUpperCase(), APP],
    ['app', `28:${APP.toUpperCase()}`, APP],
    ['recipient', `28:${APP.toUpperCase()}`, `28:${APP}`],
    ['recipient', `8:orgid:${APP.toUpperCase()}`, `8:orgid:${APP}`],
    ['recipient', APP.toUpperCase(), APP],
    ['recipient', 'Bot-1', 'Bot-1'],
    ['recipient', `${APP.toUpperCase()}@X`, `${APP.toUpperCase()}@X`],
    ['app', `{${APP}}`, APP],
    ['app', `api://botid-${APP}`, APP],
    ['app', `28:gcch:${APP}`, APP],
    ['recipient', `28:gcch:${APP.toUpperCase()}`, `28:${APP}`],
    ['recipient', '28:integration:X', '28:integration:X'],
    ['recipient', 'Agent@Contoso.example', 'agent@contoso.example'],
    ['agentic_app', APP.toUpperCase(), APP],
    ['agentic_app', `{${APP}}`, APP],
    ['agentic_app', 'Agent', 'Agent'],
    ['tenant', APP.toUpperCase(), APP],
  ];
  for (const [field, value, expected] of cases) {
    it(`${field} ${value} compares as ${expected}`, () => {
      assert.equal(botFramework.normalise(field, value), expected);
    });
  }
});
