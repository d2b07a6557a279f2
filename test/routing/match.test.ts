import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { matchHead } from '../../src/routing/match.ts';
import {
  decide,
  FORM_TYPE,
  fate,
  form,
  head,
  JSON_TYPE,
  json,
  keyRoute,
  pathRoute,
  type Request,
  tableOf,
} from './support.ts';

const APP = 'aaaaaaaa-0000-0000-0000-000000000001';
const OTHER_APP = 'aaaaaaaa-0000-0000-0000-000000000002';
const TEAM = 'T0AAAAAAA1';
const SIGNED = { 'x-slack-signature': 'v0=00' };

function activity(recipient: object): Request {
  return json({ type: 'message', channelId: 'msteams', conversation: { id: 'a:1' }, recipient });
}

function event(fields: object): Request {
  return json({ type: 'event_callback', event_id: 'Ev0AAAAAAA1', event: {}, ...fields }, SIGNED);
}

describe('a request', () => {
  const table = tableOf(
    keyRoute('triage', 'bot-framework', { app: APP }),
    keyRoute('agent', 'bot-framework', { agentic_app: OTHER_APP }),
    keyRoute('standup', 'slack', { team: TEAM }),
    keyRoute('deploy', 'slack', { team: TEAM, app: 'A0AAAAAAA1' }),
    pathRoute('site'),
    pathRoute('legacy', '/legacy'),
    keyRoute('scoped', 'slack', { team: TEAM }, '/scoped'),
  );
  const bf = activity({ id: `28:${APP}` });
  const cases: readonly (readonly [string, Request, string])[] = [
    ['an activity goes by its app', bf, 'triage'],
    ['an activity goes by its app in any case', activity({ id: `28:${APP.toUpperCase()}` }), 'triage'],
    [
      'an agentic activity goes by its instance',
      activity({ id: '8:orgid:x', agenticAppId: OTHER_APP }),
      'agent',
    ],
    ['an activity for an unknown bot reaches nobody', activity({ id: `28:${OTHER_APP}` }), 'unmatched 404'],
    ['an activity for nobody reaches nobody', activity({}), 'unmatched 404'],
    ['an event goes by its team', event({ team_id: TEAM }), 'standup'],
    [
      'an event goes by team and app before team',
      event({ team_id: TEAM, api_app_id: 'A0AAAAAAA1' }),
      'deploy',
    ],
    [
      'an event of an unknown team is acknowledged and reaches nobody',
      event({ team_id: 'T0AAAAAAA9' }),
      'unmatched 200',
    ],
    ['an event without a key is acknowledged and reaches nobody', event({}), 'unmatched 200'],
    [
      'an unsigned event is no other request',
      { ...event({ team_id: 'T0AAAAAAA9' }), headers: { 'content-type': JSON_TYPE } },
      'unmatched 200',
    ],
    ['a command of an unknown team is told', form({ command: '/x', team_id: 'T0AAAAAAA9' }), 'unmatched 200'],
    [
      'an interaction of an unknown team is 404',
      form({ payload: '{"type":"shortcut","team":{"id":"T9"}}' }),
      'unmatched 404',
    ],
    [
      'url_verification is answered',
      json({ type: 'url_verification', challenge: 'x' }, SIGNED),
      'handshake 200',
    ],
    ['ssl_check is answered', form({ ssl_check: '1' }), 'handshake 200'],
    ['a GET goes by its path', { method: 'GET', path: '/' }, 'site'],
    ['other JSON goes by its path', json({ hello: 'world' }), 'site'],
    ['another form goes by its path', form({ hello: 'world' }), 'site'],
    ['plain text goes by its path', { headers: { 'content-type': 'text/plain' }, body: 'x' }, 'site'],
    ['a POST without a body goes by its path', {}, 'site'],
    ['a body without a Content-Type is refused', { body: '{}' }, 'GWPROXY_BODY_INVALID'],
    ['broken JSON is refused', { ...bf, body: '{"recipient":' }, 'GWPROXY_BODY_INVALID'],
    [
      'a repeated key is refused',
      { ...bf, body: '{"recipient":{},"recip\\u0069ent":{}}' },
      'GWPROXY_AMBIGUOUS_KEY',
    ],
    ['an encoded body is refused', json({}, { 'content-encoding': 'gzip' }), 'GWPROXY_ENCODING'],
    [
      'a signed request that is no JSON is refused',
      { headers: { ...SIGNED, 'content-type': 'text/plain' }, body: '{}' },
      'GWPROXY_BODY_INVALID',
    ],
    ['a signed request without a body names nobody', { headers: SIGNED }, 'unmatched 404'],
    ['a signed GET names nobody', { method: 'GET', headers: SIGNED }, 'unmatched 404'],
    ['an overlong key is refused', activity({ id: 'x'.repeat(513) }), 'GWPROXY_BODY_INVALID'],
    ['a path of its own decides alone, whatever the body says', { ...bf, path: '/legacy/x' }, 'legacy'],
    ['a path of its own is decided by the head', { path: '/legacy', headers: SIGNED, body: '{' }, 'legacy'],
    [
      'a longer scope never falls outward',
      { ...event({ team_id: 'T0AAAAAAA9' }), path: '/scoped' },
      'unmatched 200',
    ],
    ['a longer scope knows only its own platforms', { ...bf, path: '/scoped' }, 'unmatched 404'],
    ['a longer scope without a path route takes no GET', { method: 'GET', path: '/scoped/x' }, 'none'],
    ['a scope is of whole segments', { ...bf, path: '/legacyx' }, 'triage'],
  ];
  for (const [name, request, expected] of cases) {
    it(name, () => assert.equal(fate(table, request), expected));
  }

  it('finds nothing where no scope holds its path', () => {
    assert.deepEqual(decide(tableOf(pathRoute('a', '/a')), bf), { kind: 'none' });
    assert.deepEqual(decide(tableOf(), bf), { kind: 'none' });
  });

  it('finds nothing where a scope without a path route does not know it', () => {
    assert.deepEqual(decide(tableOf(keyRoute('a', 'slack', { team: TEAM })), json({ hello: 1 })), {
      kind: 'unmatched',
      reply: undefined,
      platform: null,
      attributes: [],
    });
  });

  it('that matches carries why, and how long its sender waits', () => {
    const outcome = decide(table, event({ team_id: TEAM, api_app_id: 'A0AAAAAAA1' }));
    assert.ok(outcome.kind === 'match');
    const { route, facts, withBody, ...rest } = outcome;
    assert.equal(withBody, null, 'its body was read');
    assert.equal(facts?.().spoolable, true);
    assert.deepEqual(Object.keys(route.key?.fields ?? {}), ['team', 'app']);
    assert.deepEqual(rest, {
      kind: 'match',
      profile: 'deploy',
      platform: 'slack',
      attributes: { platform: 'slack', fields: { team: TEAM, app: 'A0AAAAAAA1' } },
      deadline: 3000,
      synchronous: false,
    });
  });

  it('that no profile claims carries the attributes to claim it by', () => {
    const outcome = decide(table, activity({ id: `28:${OTHER_APP}` }));
    assert.ok(outcome.kind === 'unmatched');
    assert.deepEqual(outcome.attributes, [
      { platform: 'bot-framework', fields: { app: OTHER_APP, recipient: `28:${OTHER_APP}` } },
    ]);
  });
});

describe('many Slack apps in one workspace', () => {
  const apps = Array.from({ length: 40 }, (_, n) => `A0AAAAAA${String(n).padStart(2, '0')}`);
  const table = tableOf(...apps.map((app) => keyRoute(app, 'slack', { team: TEAM, app })));

  it('are told apart by app, in every form that carries one', () => {
    for (const app of apps) {
      const forms = [
        event({ team_id: TEAM, api_app_id: app, authorizations: [{ team_id: TEAM, enterprise_id: null }] }),
        form({ command: '/x', team_id: TEAM, api_app_id: app }),
        form({ payload: JSON.stringify({ type: 'block_actions', team: { id: TEAM }, api_app_id: app }) }),
        form({
          payload: JSON.stringify({ type: 'view_submission', team: { id: TEAM }, view: { app_id: app } }),
        }),
      ];
      assert.deepEqual(
        forms.map((request) => fate(table, request)),
        [app, app, app, app],
      );
    }
  });

  it('are none of them meant where a payload carries no app', () => {
    const shortcut = { type: 'shortcut', team: { id: TEAM }, user: { id: 'U0AAAAAAA1' } };
    assert.equal(fate(table, form({ payload: JSON.stringify(shortcut) })), 'unmatched 404');
  });
});

describe('an org-wide installation', () => {
  const orgWide = event({
    team_id: TEAM,
    api_app_id: 'A0AAAAAAA1',
    authorizations: [{ team_id: TEAM, enterprise_id: 'E0AAAAAAA1', is_enterprise_install: true }],
  });

  it('is caught by its enterprise, not by a member workspace', () => {
    const team = keyRoute('team', 'slack', { team: TEAM });
    const both = keyRoute('both', 'slack', { team: TEAM, app: 'A0AAAAAAA1' });
    const enterprise = keyRoute('enterprise', 'slack', { enterprise: 'E0AAAAAAA1' });
    assert.equal(fate(tableOf(team, both), orgWide), 'unmatched 200');
    assert.equal(fate(tableOf(team, both, enterprise), orgWide), 'enterprise');
  });
});

describe('a keyed request that no profile claims', () => {
  it('never yields a profile, whatever else is routed', () => {
    const id = fc.stringMatching(/^[A-Z0-9]{1,6}$/);
    const unknown = fc.stringMatching(/^[a-z]{1,6}$/);
    const keyed = fc.oneof(
      unknown.map((team) => event({ team_id: team, api_app_id: team })),
      unknown.map((team) => form({ command: '/x', team_id: team })),
      unknown.map((team) => form({ payload: JSON.stringify({ type: 'shortcut', team: { id: team } }) })),
      unknown.map((recipient) => activity({ id: recipient, agenticAppId: recipient, tenantId: recipient })),
    );
    fc.assert(
      fc.property(fc.uniqueArray(id, { maxLength: 8 }), keyed, (ids, request) => {
        const table = tableOf(
          pathRoute('everything'),
          keyRoute('slack', 'slack', { team: 'KNOWN' }),
          keyRoute('teams', 'bot-framework', { app: 'KNOWN' }),
          ...ids.map((one) => keyRoute(`t${one}`, 'slack', { app: one })),
          ...ids.map((one) => keyRoute(`r${one}`, 'bot-framework', { recipient: one })),
        );
        assert.match(fate(table, request), /^unmatched /);
      }),
    );
  });
});

describe('the two steps', () => {
  it('ask for the body only where a platform in use may need it', () => {
    const teams = tableOf(keyRoute('a', 'bot-framework', { app: APP }), pathRoute('site'));
    assert.equal(matchHead(teams, head({ headers: { 'content-type': FORM_TYPE } })).kind, 'match');
    assert.equal(matchHead(teams, head({ headers: { 'content-type': JSON_TYPE } })).kind, 'needs-body');
    const paths = tableOf(pathRoute('site'));
    assert.equal(matchHead(paths, head({ headers: { ...SIGNED, 'content-type': JSON_TYPE } })).kind, 'match');
  });
});
