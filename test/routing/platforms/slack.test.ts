import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { slack } from '../../../src/routing/platforms/slack/slack.ts';
import { attributesOf, FORM_TYPE, fieldsOf, form, head, json, type Request } from '../support.ts';

const TEAM = 'T0AAAAAAA1';
const ACTOR = 'T0AAAAAAA2';
const ORG = 'E0AAAAAAA1';
const ACTOR_ORG = 'E0AAAAAAA2';
const APP = 'A0AAAAAAA1';
const SIGNED = { 'x-slack-signature': 'v0=00', 'x-slack-request-timestamp': '1700000000' };

type Fields = Readonly<Record<string, string>> | undefined;

function event(fields: object): Request {
  return json({
    type: 'event_callback',
    api_app_id: APP,
    event: { type: 'app_mention', team: ACTOR, user: 'U0AAAAAAA1' },
    event_id: 'Ev0AAAAAAA1',
    event_time: 1700000000,
    ...fields,
  });
}

function installation(fields: object): object {
  return { user_id: 'U0AAAAAAA9', is_bot: true, is_enterprise_install: false, ...fields };
}

function interaction(fields: object): Request {
  return form({ payload: JSON.stringify({ type: 'block_actions', ...fields }) });
}

describe('the attributes of a Slack event', () => {
  const cases: readonly (readonly [string, Request, Fields])[] = [
    [
      'in one workspace',
      event({ team_id: TEAM, authorizations: [installation({ enterprise_id: null, team_id: TEAM })] }),
      { team: TEAM, app: APP },
    ],
    [
      "in an organisation's workspace",
      event({
        team_id: TEAM,
        enterprise_id: ORG,
        authorizations: [installation({ enterprise_id: ORG, team_id: TEAM })],
      }),
      { team: TEAM, enterprise: ORG, app: APP },
    ],
    [
      'through Slack Connect: the installation counts, not who acted',
      event({
        team_id: ACTOR,
        enterprise_id: ACTOR_ORG,
        context_team_id: ACTOR,
        is_ext_shared_channel: true,
        authorizations: [installation({ enterprise_id: null, team_id: TEAM })],
      }),
      { team: TEAM, app: APP },
    ],
    [
      'org-wide, without a team',
      event({
        team_id: TEAM,
        enterprise_id: ORG,
        authorizations: [installation({ enterprise_id: ORG, team_id: null, is_enterprise_install: true })],
      }),
      { enterprise: ORG, app: APP },
    ],
    [
      'org-wide, with the workspace where it happened',
      event({
        team_id: TEAM,
        authorizations: [installation({ enterprise_id: ORG, team_id: TEAM, is_enterprise_install: true })],
      }),
      { enterprise: ORG, app: APP },
    ],
    [
      "org-wide and through Slack Connect: the actor's organisation is no key",
      event({
        team_id: ACTOR,
        enterprise_id: ACTOR_ORG,
        authorizations: [installation({ enterprise_id: ORG, team_id: null, is_enterprise_install: true })],
      }),
      { enterprise: ORG, app: APP },
    ],
    [
      'without authorizations',
      event({ team_id: TEAM, authed_users: ['U0AAAAAAA1'] }),
      { team: TEAM, app: APP },
    ],
    [
      'with no authorization in the list',
      event({ team_id: TEAM, authorizations: [] }),
      { team: TEAM, app: APP },
    ],
    [
      'without a team: app_uninstalled',
      event({ enterprise_id: ORG, event: { type: 'app_uninstalled' } }),
      { enterprise: ORG, app: APP },
    ],
    [
      'without a team: team_access_granted',
      event({ enterprise_id: ORG, event: { type: 'team_access_granted', team_ids: [TEAM] } }),
      { enterprise: ORG, app: APP },
    ],
    [
      'app_rate_limited',
      json({
        type: 'app_rate_limited',
        team_id: TEAM,
        minute_rate_limited: 1,
        api_app_id: APP,
      }),
      { team: TEAM, app: APP },
    ],
    [
      "whose installation's team is no string",
      event({ team_id: ACTOR, authorizations: [installation({ enterprise_id: null, team_id: 5 })] }),
      { app: APP },
    ],
    [
      'whose ids are no strings',
      event({ team_id: 5, enterprise_id: [ORG], api_app_id: { id: APP } }),
      undefined,
    ],
    ['whose ids are blank', event({ team_id: '', enterprise_id: '', api_app_id: '' }), undefined],
  ];
  for (const [name, request, expected] of cases) {
    it(name, () => assert.deepEqual(attributesOf(slack, request), expected));
  }
});

describe('the attributes of a Slack interaction', () => {
  const user = { id: 'U0AAAAAAA1', team_id: ACTOR };
  const cases: readonly (readonly [string, Request, Fields])[] = [
    [
      'block_actions',
      interaction({
        api_app_id: APP,
        team: { id: TEAM, domain: 'one' },
        enterprise: null,
        is_enterprise_install: false,
        user,
      }),
      { team: TEAM, app: APP },
    ],
    [
      "block_actions in an organisation's workspace",
      interaction({
        api_app_id: APP,
        team: { id: TEAM, enterprise_id: ORG },
        enterprise: { id: ORG, name: 'one' },
        user,
      }),
      { team: TEAM, enterprise: ORG, app: APP },
    ],
    [
      'an organisation named at the team alone',
      interaction({ api_app_id: APP, team: { id: TEAM, enterprise_id: ORG }, user }),
      { team: TEAM, enterprise: ORG, app: APP },
    ],
    [
      'org-wide',
      interaction({
        api_app_id: APP,
        team: null,
        enterprise: { id: ORG },
        is_enterprise_install: true,
        user,
        view: { team_id: TEAM },
      }),
      { enterprise: ORG, app: APP },
    ],
    [
      'org-wide, the flag left out',
      interaction({ api_app_id: APP, team: null, enterprise: { id: ORG }, user }),
      { enterprise: ORG, app: APP },
    ],
    [
      'org-wide, the flag written as a string beside a team',
      interaction({
        api_app_id: APP,
        team: { id: TEAM },
        enterprise: { id: ORG },
        is_enterprise_install: 'true',
        user,
      }),
      { enterprise: ORG, app: APP },
    ],
    [
      'no team and no organisation',
      interaction({ api_app_id: APP, team: null, enterprise: null, user }),
      { team: ACTOR, app: APP },
    ],
    [
      'view_submission',
      interaction({
        type: 'view_submission',
        team: { id: TEAM },
        user,
        view: { app_id: APP, team_id: ACTOR, app_installed_team_id: TEAM },
      }),
      { team: TEAM, app: APP },
    ],
    [
      'view_submission from another organisation',
      interaction({
        type: 'view_submission',
        api_app_id: APP,
        team: { id: ACTOR },
        enterprise: { id: ACTOR_ORG },
        user,
        view: { app_id: APP, team_id: ACTOR, app_installed_team_id: TEAM },
      }),
      { team: TEAM, app: APP },
    ],
    [
      'view_closed with a blank installed team',
      interaction({
        type: 'view_closed',
        team: { id: TEAM },
        enterprise: { id: ORG },
        view: { app_id: APP, app_installed_team_id: '' },
      }),
      { team: TEAM, enterprise: ORG, app: APP },
    ],
    [
      'view_submission with a team in the view alone',
      interaction({ type: 'view_submission', view: { app_id: APP, team_id: TEAM } }),
      { team: TEAM, app: APP },
    ],
    [
      'shortcut, which carries no app',
      interaction({ type: 'shortcut', team: { id: TEAM }, user, callback_id: 'one' }),
      { team: TEAM },
    ],
    [
      'message_action',
      interaction({ type: 'message_action', team: { id: TEAM }, user, message: { app_id: APP } }),
      { team: TEAM },
    ],
    [
      'interactive_message with a team as a string',
      interaction({ type: 'interactive_message', team: TEAM, user }),
      { team: TEAM },
    ],
    [
      'dialog_submission',
      interaction({ type: 'dialog_submission', team: { id: TEAM }, user }),
      { team: TEAM },
    ],
    [
      'block_suggestion',
      interaction({ type: 'block_suggestion', api_app_id: APP, team: { id: TEAM }, user }),
      { team: TEAM, app: APP },
    ],
    [
      'workflow_step_edit',
      interaction({ type: 'workflow_step_edit', team: { id: TEAM }, user }),
      { team: TEAM },
    ],
    [
      'a team that is no string hides those behind it',
      interaction({ api_app_id: APP, team: 5, user }),
      { app: APP },
    ],
    ["the user's team", interaction({ api_app_id: APP, user }), { team: ACTOR, app: APP }],
  ];
  for (const [name, request, expected] of cases) {
    it(name, () => assert.deepEqual(attributesOf(slack, request), expected));
  }
});

describe('the attributes of a Slack command', () => {
  const command = {
    command: '/deploy',
    text: 'a b',
    team_domain: 'one',
    user_id: 'U0AAAAAAA1',
  };
  const cases: readonly (readonly [string, Request, Fields])[] = [
    ['with an app', form({ ...command, team_id: TEAM, api_app_id: APP }), { team: TEAM, app: APP }],
    ['without an app', form({ ...command, team_id: TEAM }), { team: TEAM }],
    [
      "in an organisation's workspace",
      form({
        ...command,
        team_id: TEAM,
        enterprise_id: ORG,
        api_app_id: APP,
        is_enterprise_install: 'false',
      }),
      { team: TEAM, enterprise: ORG, app: APP },
    ],
    [
      'org-wide',
      form({ ...command, team_id: TEAM, enterprise_id: ORG, api_app_id: APP, is_enterprise_install: 'true' }),
      { enterprise: ORG, app: APP },
    ],
    ['without a key', form(command), undefined],
  ];
  for (const [name, request, expected] of cases) {
    it(name, () => assert.deepEqual(attributesOf(slack, request), expected));
  }
});

describe("an app's verification token", () => {
  const token = 'AAAAAAAAAAAAAAAAAAAAAAAA';
  const user = { id: 'U0AAAAAAA1', team_id: TEAM };
  const cases: readonly (readonly [string, Request, Fields])[] = [
    ['an event', event({ token, team_id: TEAM }), { team: TEAM, app: APP, token }],
    ['url_verification', json({ type: 'url_verification', token, challenge: 'abc' }), { token }],
    ['a shortcut', interaction({ type: 'shortcut', token, team: { id: TEAM }, user }), { team: TEAM, token }],
    [
      'a dialog of an org-wide installation',
      interaction({ type: 'dialog_submission', token, team: null, enterprise: { id: ORG }, user }),
      { enterprise: ORG, token },
    ],
    ['a command of old', form({ command: '/deploy', token, team_id: TEAM }), { team: TEAM, token }],
    ['an event whose token is no string', event({ token: 5, team_id: TEAM }), { team: TEAM, app: APP }],
  ];
  for (const [name, request, expected] of cases) {
    it(`is among the attributes of ${name}`, () => assert.deepEqual(attributesOf(slack, request), expected));
  }

  it('comes after all other fields, and is a secret', () => {
    assert.equal(slack.fields.at(-1), 'token');
    assert.deepEqual(slack.secretFields, ['token']);
  });
});

describe('a Slack request', () => {
  it('is recognised by its signature header, or else needs its body', () => {
    const told = (request: Request) => slack.recognises(head(request));
    assert.equal(told(event({})), 'needs body');
    assert.equal(told(form({})), 'needs body');
    assert.equal(told({ body: 'x' }), 'needs body');
    assert.equal(told(json({}, SIGNED)), true);
    assert.equal(told({ method: 'GET' }), false);
    assert.equal(told({ headers: { 'content-type': 'text/plain' } }), false);
    assert.equal(told({ headers: { 'content-type': 'text/xml' } }), false);
  });

  const shapes: readonly (readonly [string, Request, boolean])[] = [
    ['an event', event({ team_id: TEAM }), true],
    ['url_verification', json({ type: 'url_verification', token: 'legacy-token', challenge: 'abc' }), true],
    ['app_rate_limited', json({ type: 'app_rate_limited', team_id: TEAM }), true],
    ['an interaction', interaction({ user: { id: 'U0AAAAAAA1' } }), true],
    ['an org-wide interaction', interaction({ team: null }), true],
    ['a command', form({ command: '/deploy', team_id: TEAM }), true],
    ['ssl_check', form({ ssl_check: '1' }), true],
    ['any JSON with the header', json({}, SIGNED), true],
    ['a Bot Framework activity', json({ type: 'message', recipient: { id: 'bot-1' } }), false],
    [
      "Lark's old event",
      json({ type: 'event_callback', uuid: 'x', token: 'x', event: { app_id: 'cli_x' } }),
      false,
    ],
    ["GitHub's form", form({ payload: JSON.stringify({ action: 'opened', repository: { id: 1 } }) }), false],
    ["Twilio's form", form({ From: '+10000000001', To: '+10000000002', Body: 'x' }), false],
    ['a form with a token alone', form({ token: 'legacy-token', text: 'x' }), false],
    ['an empty form field', { headers: { 'content-type': FORM_TYPE }, body: '=' }, false],
  ];
  for (const [name, request, expected] of shapes) {
    it(`is ${expected ? '' : 'not '}recognised: ${name}`, () => {
      assert.equal(slack.recognises(head(request), fieldsOf(slack, request)), expected);
    });
  }

  it('without a body names nobody', () => {
    assert.deepEqual(slack.deliveries(head({}), null), []);
    assert.equal(slack.handshake(head({}), null), undefined);
    assert.equal(slack.unmatched(head({}), null), undefined);
    assert.equal(slack.synchronous(head({}), null), true);
  });

  it('waits three seconds, and for its answer unless it is an event', () => {
    const synchronous = (request: Request) => slack.synchronous(head(request), fieldsOf(slack, request));
    assert.equal(slack.deadline(head({}), fieldsOf(slack, event({}))), 3000);
    assert.equal(synchronous(event({ team_id: TEAM })), false);
    assert.equal(synchronous(json({ type: 'app_rate_limited', team_id: TEAM })), false);
    assert.equal(synchronous(interaction({})), true);
    assert.equal(synchronous(form({ command: '/deploy' })), true);
  });
});

describe("Slack's handshakes", () => {
  const handshake = (request: Request) => slack.handshake(head(request), fieldsOf(slack, request));

  it('are answered with the challenge', () => {
    assert.deepEqual(handshake(json({ type: 'url_verification', challenge: 'aB3_-x' })), {
      status: 200,
      contentType: 'text/plain',
      body: 'aB3_-x',
    });
  });

  const odd: readonly (readonly [string, unknown])[] = [
    ['none', undefined],
    ['a number', 5],
    ['an object', { challenge: 'x' }],
    ['an empty one', ''],
    ['a long one', 'x'.repeat(257)],
    ['one with a line break', 'a\nb'],
    ['one that is no ASCII', 'é'],
  ];
  for (const [name, challenge] of odd) {
    it(`are not answered where the challenge is odd: ${name}`, () => {
      assert.equal(handshake(json({ type: 'url_verification', challenge })), undefined);
    });
  }

  it('answer the GET that tests a certificate', () => {
    const request = { method: 'GET', query: 'ssl_check=1&token=legacy-token' };
    assert.equal(slack.recognises(head(request)), true);
    assert.deepEqual(slack.handshake(head(request), null), { status: 200, contentType: null, body: '' });
    for (const other of [
      { method: 'GET' },
      { method: 'GET', query: 'ssl_checked=1' },
      { method: 'PUT', query: 'ssl_check=1' },
    ]) {
      assert.equal(slack.recognises(head(other)), false);
      assert.equal(slack.handshake(head(other), null), undefined);
    }
  });

  it('answer every ssl_check, so that none carries an event past a signature', () => {
    const empty = { status: 200, contentType: null, body: '' };
    assert.deepEqual(handshake(form({ ssl_check: '1', token: 'legacy-token' })), empty);
    assert.deepEqual(handshake(form({ ssl_check: '1', command: '/deploy', team_id: TEAM })), empty);
    assert.deepEqual(handshake(form({ ssl_check: '0', payload: '{"type":"block_actions"}' })), empty);
  });

  it('are no ordinary requests', () => {
    assert.equal(handshake(event({ team_id: TEAM, challenge: 'abc' })), undefined);
    assert.equal(handshake(form({ command: '/deploy', challenge: 'abc' })), undefined);
    assert.equal(handshake(interaction({ type: 'url_verification', challenge: 'abc' })), undefined);
  });
});

describe('a Slack request that no profile claims', () => {
  const reply = (request: Request) => slack.unmatched(head(request), fieldsOf(slack, request));

  it('is acknowledged where it is an event', () => {
    assert.deepEqual(reply(event({ team_id: TEAM })), { status: 200, contentType: null, body: '' });
    assert.equal(reply(json({ type: 'app_rate_limited', team_id: TEAM }))?.status, 200);
  });

  it('is told to its user where it is a command', () => {
    const told = reply(form({ command: '/deploy', team_id: TEAM }));
    assert.equal(told?.status, 200);
    const body: unknown = JSON.parse(told?.body ?? '');
    assert.ok(typeof body === 'object' && body !== null && 'response_type' in body);
    assert.equal(body.response_type, 'ephemeral');
  });

  it("is the door's own to answer where it is anything else", () => {
    assert.equal(reply(interaction({ team: { id: TEAM } })), undefined);
    assert.equal(reply(json({ type: 'url_verification' })), undefined);
  });
});
