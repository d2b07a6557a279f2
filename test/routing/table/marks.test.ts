import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchHead } from '../../../src/routing/match.ts';
import type { RouteTable } from '../../../src/routing/table/table.ts';
import {
  decide,
  fate,
  form,
  head,
  json,
  keyRoute,
  pathRoute,
  type Request,
  tableOf,
  XML_TYPE,
} from '../support.ts';

const APP = 'aaaaaaaa-0000-0000-0000-000000000001';
const TELEGRAM = 'x-telegram-bot-api-secret-token';
const SIGNED = { 'x-slack-signature': 'v0=00' };
const HOOK = { 'x-github-event': 'push', 'x-github-hook-id': '1' };

/** What the head alone says. */
function byHead(table: RouteTable, request: Request): string {
  const outcome = matchHead(table, head(request));
  if (outcome.kind === 'match') return outcome.profile;
  return outcome.kind === 'refused' ? outcome.code : outcome.kind;
}

describe('a request whose head is recognised as a sender’s', () => {
  const table = tableOf(
    keyRoute('updates', 'telegram', { secret_token: 'known' }),
    keyRoute('pushes', 'github', { hook: '1' }),
    keyRoute('standup', 'slack', { team: 'T0AAAAAAA1' }),
    keyRoute('triage', 'bot-framework', { app: APP }),
    pathRoute('site'),
  );
  const event = { type: 'event_callback', team_id: 'T0AAAAAAA1', event_id: 'Ev0AAAAAAA1' };
  const cases: readonly (readonly [string, Request, string])[] = [
    ['is decided by it where that is all that its routes ask for', json({}, { [TELEGRAM]: 'known' }), 'updates'],
    ['is unmatched by it as well', json({}, { [TELEGRAM]: 'other' }), 'unmatched'],
    ['is decided whatever its body is', { headers: { ...HOOK, 'content-type': 'text/plain' } }, 'pushes'],
    ['needs its body where the key is in there', json(event, SIGNED), 'needs-body'],
    ['needs none in a GET', { method: 'GET', headers: SIGNED }, 'unmatched'],
    ['with the marks of two senders is refused', json({}, { ...HOOK, [TELEGRAM]: 'known' }), 'GWPROXY_AMBIGUOUS_KEY'],
    ['with the marks of two senders is refused, one of whom has its key in the body', json(event, { ...SIGNED, [TELEGRAM]: 'known' }), 'GWPROXY_AMBIGUOUS_KEY'],
    ['without a mark needs its body', json(event), 'needs-body'],
    ['without a mark and without a body is decided by the path', { method: 'GET' }, 'site'],
  ]; // biome-ignore format: one case beside the other
  for (const [name, request, expected] of cases) {
    it(name, () => assert.equal(byHead(table, request), expected));
  }

  it('is not the sender whose shape its body has', () => {
    const activity = { type: 'message', channelId: 'msteams', recipient: { id: `28:${APP}` } };
    assert.equal(fate(table, json(activity)), 'triage');
    assert.equal(fate(table, json(activity, SIGNED)), 'unmatched 404');
    assert.equal(fate(table, json(activity, { [TELEGRAM]: 'known' })), 'updates');
  });

  it('needs its body where a route that would win asks for what is in there', () => {
    const both = tableOf(
      keyRoute('a', 'github', { hook: '1' }),
      keyRoute('b', 'github', { repository: 'one/two' }),
    );
    assert.equal(byHead(both, json({}, HOOK)), 'needs-body');
    const push = json({ repository: { full_name: 'One/Two' } }, { ...HOOK, 'x-github-hook-id': '2' });
    assert.equal(fate(both, push), 'b');
    const own = form({ payload: '{"repository":{"full_name":"one/two"}}' }, { 'x-github-event': 'push' });
    assert.equal(fate(both, own), 'b');
  });

  it('is decided by it where no route that would win asks for what is in there', () => {
    const ofApp = (app: string) => ({
      ...HOOK,
      'x-github-hook-installation-target-type': 'integration',
      'x-github-hook-installation-target-id': app,
    });
    const all = tableOf(
      keyRoute('app', 'github', { app: '1' }),
      keyRoute('site', 'github', { repository: 'one/two' }),
      keyRoute('both', 'github', { app: '2', repository: 'one/two' }),
      keyRoute('two', 'github', { app: '2' }),
    );
    for (const headers of [ofApp('1'), { ...ofApp('1'), 'content-encoding': 'gzip' }]) {
      assert.equal(byHead(all, json({}, headers)), 'app');
    }
    assert.equal(byHead(all, json({}, ofApp('2'))), 'needs-body');
    assert.equal(byHead(all, json({}, ofApp('3'))), 'needs-body');
    const apps = tableOf(
      keyRoute('app', 'github', { app: '1' }),
      keyRoute('both', 'github', { app: '2', repository: 'one/two' }),
    );
    assert.equal(byHead(apps, json({}, ofApp('3'))), 'unmatched');
  });

  it('whose body has no format that can be read is refused', () => {
    const request = { headers: { ...SIGNED, 'content-type': 'text/plain' }, body: 'x' };
    assert.equal(fate(table, request), 'GWPROXY_BODY_INVALID');
  });

  it('carries how long its sender waits, and what it is claimed by, the secret sealed', () => {
    const outcome = decide(table, json({}, { [TELEGRAM]: 'known' }));
    assert.ok(outcome.kind === 'match');
    const { route, facts, withBody, ...rest } = outcome;
    assert.notEqual(withBody, null);
    assert.equal(facts?.().dedupKey, undefined, 'nothing of what is synchronous is a repeat');
    assert.deepEqual(route.key?.fields, { secret_token: ['#nwonk'] });
    assert.deepEqual(rest, {
      kind: 'match',
      profile: 'updates',
      platform: 'telegram',
      attributes: { platform: 'telegram', fields: { secret_token: '#nwonk' } },
      deadline: 60_000,
      synchronous: true,
    });
  });
});

describe("a subscription's GET, which does not say which of Meta's products it tries", () => {
  const get = (token: string): Request => ({
    method: 'GET',
    query: `hub.mode=subscribe&hub.challenge=1&hub.verify_token=${token}`,
  });
  const table = tableOf(
    keyRoute('chat', 'whatsapp', { verify_token: 'chat-token' }),
    keyRoute('page', 'messenger', { verify_token: ['page-token', 'shared'] }),
    keyRoute('photos', 'instagram', { account: '1' }),
    keyRoute('photos', 'instagram', { verify_token: 'shared' }),
    keyRoute('page', 'instagram', { verify_token: 'page-token' }),
  );

  it('is for the one that claims its token', () => {
    assert.equal(byHead(table, get('chat-token')), 'chat');
    assert.equal(fate(table, get('chat-token')), 'chat');
  });

  it('is for a profile that claims it twice', () => assert.equal(fate(table, get('page-token')), 'page'));

  it('is refused where two profiles claim it', () => {
    assert.equal(fate(table, get('shared')), 'GWPROXY_AMBIGUOUS_KEY');
  });

  it("is for the one that claims its token where another profile's route is a fallback", () => {
    const all = tableOf(
      keyRoute('chat', 'whatsapp', { verify_token: 'chat-token' }),
      keyRoute('page', 'messenger', { page: '1' }),
      pathRoute('rest', '', { fallback: true }),
    );
    assert.equal(fate(all, get('chat-token')), 'chat');
    assert.equal(fate(all, get('other')), 'rest');
  });

  it('is told no where nobody does', () => assert.equal(fate(table, get('other')), 'unmatched 403'));

  it('is refused where it says its token twice', () => {
    const twice = { method: 'GET', query: 'hub.mode=subscribe&hub.verify_token=a&hub.verify_token=b' };
    assert.equal(fate(table, twice), 'GWPROXY_AMBIGUOUS_KEY');
  });
});

describe('a handshake', () => {
  const table = tableOf(
    keyRoute('mail', 'graph', { client_state: 'known' }),
    keyRoute('standup', 'slack', { team: 'T0AAAAAAA1' }),
    keyRoute('lark', 'lark', { app: 'cli_a' }),
  );

  it('that is all in the head is answered before the body is read', () => {
    const request = { query: 'validationToken=abc', headers: { 'content-type': 'text/plain' } };
    assert.equal(byHead(table, request), 'handshake');
    assert.equal(fate(table, request), 'handshake 200');
  });

  it('is answered before a fallback sees it', () => {
    const all = tableOf(
      keyRoute('mail', 'graph', { client_state: 'x' }),
      pathRoute('site', '', { fallback: true }),
    );
    assert.equal(fate(all, { query: 'validationToken=abc' }), 'handshake 200');
  });

  it("that Slack signed is Slack's, that nobody signed is Lark's, in words that both take", () => {
    const challenge = { type: 'url_verification', token: 'a', challenge: 'abc' };
    const signed = decide(table, json(challenge, SIGNED));
    assert.ok(signed.kind === 'handshake');
    assert.deepEqual([signed.platform, signed.reply.body], ['slack', 'abc']);
    const unsigned = decide(table, json(challenge));
    assert.ok(unsigned.kind === 'handshake');
    assert.deepEqual([unsigned.platform, unsigned.reply.body], ['lark', '{"challenge":"abc"}']);
  });

  it('is answered whether or not a route claims the token in it', () => {
    const byToken = tableOf(keyRoute('standup', 'slack', { token: 'a' }));
    for (const token of ['a', 'b']) {
      assert.equal(
        fate(byToken, json({ type: 'url_verification', token, challenge: 'abc' }, SIGNED)),
        'handshake 200',
      );
    }
  });
});

describe('a fallback', () => {
  const table = tableOf(
    keyRoute('standup', 'slack', { team: 'T0AAAAAAA1' }),
    pathRoute('rest', '', { fallback: true }),
    keyRoute('strict', 'slack', { team: 'T0AAAAAAA1' }, '/strict'),
    pathRoute('other', '/strict'),
  );
  const event = (team: string) =>
    json({ type: 'event_callback', event_id: 'Ev0AAAAAAA1', team_id: team }, SIGNED);

  it('takes what no route claims, as its sender expects it', () => {
    assert.equal(fate(table, event('T0AAAAAAA1')), 'standup');
    const outcome = decide(table, event('T0AAAAAAA9'));
    assert.ok(outcome.kind === 'match');
    assert.deepEqual(
      [outcome.profile, outcome.platform, outcome.attributes?.fields, outcome.deadline, outcome.synchronous],
      ['rest', 'slack', { team: 'T0AAAAAAA9' }, 3000, false],
    );
  });

  it('takes what names nobody', () => {
    const outcome = decide(table, { method: 'GET', headers: SIGNED });
    assert.ok(outcome.kind === 'match');
    assert.deepEqual([outcome.profile, outcome.platform, outcome.attributes], ['rest', 'slack', null]);
  });

  it('is of its own scope alone, and only where it is asked for', () => {
    assert.equal(fate(table, { ...event('T0AAAAAAA9'), path: '/strict/x' }), 'unmatched 200');
  });

  it('takes nothing that can be read in two ways', () => {
    const twice = { ...event('x'), body: '{"team_id":"T0AAAAAAA9","team_id":"T0AAAAAAA1"}' };
    assert.equal(fate(table, twice), 'GWPROXY_AMBIGUOUS_KEY');
  });
});

describe('XML', () => {
  const query = 'msg_signature=a&timestamp=1&nonce=1';
  const wecom = (body: string): Request => ({ query, headers: { 'content-type': XML_TYPE }, body });
  const table = tableOf(keyRoute('corp', 'wecom', { corp: 'ww1', agent: '2' }), pathRoute('site'));

  it('goes by its routing elements', () => {
    const body = '<xml><ToUserName><![CDATA[ww1]]></ToUserName><AgentID>2</AgentID></xml>';
    assert.equal(fate(table, wecom(body)), 'corp');
    assert.equal(fate(table, wecom(body.replace('2', '3'))), 'unmatched 404');
  });

  it('is refused where they are repeated, or where it is no sound XML', () => {
    const twice = '<xml><AgentID>2</AgentID><AgentID>3</AgentID></xml>';
    assert.equal(fate(table, wecom(twice)), 'GWPROXY_AMBIGUOUS_KEY');
    assert.equal(fate(table, wecom('<!DOCTYPE x><xml></xml>')), 'GWPROXY_BODY_INVALID');
  });

  it('is of no concern where no route reads it', () => {
    const teams = tableOf(keyRoute('triage', 'bot-framework', { app: APP }), pathRoute('site'));
    assert.equal(
      fate(teams, { headers: { 'content-type': XML_TYPE }, body: '<!DOCTYPE x><xml></xml>' }),
      'site',
    );
    const bySlack = tableOf(keyRoute('standup', 'slack', { team: 'T' }), pathRoute('site'));
    assert.equal(byHead(bySlack, { headers: { 'content-type': 'application/xml' } }), 'site');
  });
});
