import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchHead } from '../../src/routing/match.ts';
import { decide, fate, form, head, json, keyRoute, pathRoute, type Request, tableOf } from './support.ts';

describe('a request of a sender that the config describes', () => {
  const table = tableOf(
    pathRoute('site'),
    keyRoute('acme', 'custom', { 'header:x-tenant': ['acme', 'ACME Inc.'] }),
    keyRoute('orders', 'custom', { 'json:/kind': 'order' }),
    keyRoute('both', 'custom', { 'header:x-tenant': 'acme', 'json:/kind': 'order' }),
    keyRoute('numbers', 'custom', { 'json:/account~1id/0': ['7', '-1.50e2', 'true'] }),
    keyRoute('standup', 'slack', { team: 'T0AAAAAAA1' }),
  );
  const tenant = (value: string) => ({ 'x-tenant': value });
  const account = (literal: string): Request => ({ ...json({}), body: `{"account/id":[${literal}]}` });
  const slackEvent = { type: 'event_callback', team_id: 'T0AAAAAAA1', event_id: 'Ev0AAAAAAA1' };
  const cases: readonly (readonly [string, Request, string])[] = [
    ['goes by a header', json({}, tenant('acme')), 'acme'],
    ['goes by another of its values', json({}, tenant('ACME Inc.')), 'acme'],
    ['goes by more fields first', json({ kind: 'order' }, tenant('acme')), 'both'],
    ['compares by the letter', json({}, tenant('Acme')), 'unmatched 404'],
    ['with an unknown header never falls through', json({ hello: 1 }, tenant('other')), 'unmatched 404'],
    ['with an empty header never falls through', json({ hello: 1 }, tenant('')), 'unmatched 404'],
    ['goes by its JSON', json({ kind: 'order' }), 'orders'],
    ['goes by its JSON where its header says nothing known', json({ kind: 'order' }, tenant('other')), 'orders'],
    ['with an unknown value never falls through', json({ kind: 'invoice' }), 'unmatched 404'],
    ['goes by its JSON where a known sender whose shape it has claims nothing', json({ ...slackEvent, team_id: 'T0AAAAAAA9', kind: 'order' }), 'orders'],
    ['goes by its header where a known sender whose mark it has claims nothing', json({ ...slackEvent, team_id: 'T0AAAAAAA9' }, { ...tenant('acme'), 'x-slack-signature': 'v0=00' }), 'acme'],
    ['is its sender\'s still where no custom route claims it either', json({ ...slackEvent, team_id: 'T0AAAAAAA9' }, { ...tenant('other'), 'x-slack-signature': 'v0=00' }), 'unmatched 200'],
    ['with a null never falls through', json({ kind: null }), 'unmatched 404'],
    ['with an object never falls through', json({ kind: {} }), 'unmatched 404'],
    ['compares a number as it is written', account('7'), 'numbers'],
    ['compares a number as it is written, with all its digits', account(' -1.50e2 '), 'numbers'],
    ['is none by a number that is only equal', account('7.0'), 'unmatched 404'],
    ['compares true', account('true'), 'numbers'],
    ['compares a text alike', account('"7"'), 'numbers'],
    ['is none without what the routes name', json({ hello: 1 }), 'site'],
    ['is none without a body', {}, 'site'],
    ['is none in a form', form({ kind: 'order' }), 'site'],
    ['is none in a GET', { method: 'GET' }, 'site'],
    ['is one in a GET by its header', { method: 'GET', headers: tenant('acme') }, 'acme'],
    ['is one in any method by its JSON', { ...json({ kind: 'order' }), method: 'DELETE' }, 'orders'],
    ['is refused where it names a value twice', { ...json({}), body: '{"kind":"order","kind":"x"}' }, 'GWPROXY_AMBIGUOUS_KEY'],
    ['is refused where keys differ in case alone', { ...json({}), body: '{"kind":"order","Kind":"x"}' }, 'GWPROXY_AMBIGUOUS_KEY'],
    ["comes after a known sender's mark", json({ ...slackEvent, kind: 'order' }, { ...tenant('acme'), 'x-slack-signature': 'v0=00' }), 'standup'],
    ["comes after a known sender's shape where it has only JSON", json({ ...slackEvent, kind: 'order' }), 'standup'],
    ["comes before a known sender's shape by its header", json(slackEvent, tenant('acme')), 'acme'],
    ["leaves a known sender's shape alone where its header says nothing known", json(slackEvent, tenant('other')), 'standup'],
    ['whose body is of no known format goes by its header', { headers: { ...tenant('acme'), 'content-type': 'text/plain' }, body: 'x' }, 'acme'],
  ]; // biome-ignore format: one case beside the other
  for (const [name, request, expected] of cases) {
    it(name, () => assert.equal(fate(table, request), expected));
  }

  it('says nothing of what its routes compare', () => {
    const outcome = decide(table, json({ kind: 'secret' }, tenant('hidden')));
    assert.ok(outcome.kind === 'unmatched');
    assert.deepEqual(outcome.attributes, [
      { platform: 'custom', fields: { 'header:x-tenant': '#neddih', 'json:/kind': '#terces' } },
    ]);
    const claimed = decide(table, json({}, tenant('acme')));
    assert.ok(claimed.kind === 'match');
    assert.deepEqual(claimed.route.key?.fields, { 'header:x-tenant': ['#emca', '#.cnI EMCA'] });
  });
});

describe('a header that other senders send too', () => {
  const named = [
    keyRoute('agent', 'custom', { 'header:user-agent': 'Robot/1' }),
    keyRoute('standup', 'slack', { team: 'T0AAAAAAA1' }),
  ];
  const event = { type: 'event_callback', team_id: 'T0AAAAAAA1', event_id: 'Ev0AAAAAAA1' };
  const from = (agent: string) => json(event, { 'user-agent': agent });

  it('decides by a value that a route claims, and by no other', () => {
    const table = tableOf(...named);
    assert.equal(fate(table, from('Robot/1')), 'agent');
    assert.equal(fate(table, from('Other/1')), 'standup');
  });

  it('does so where a fallback would take what nobody claims', () => {
    const table = tableOf(...named, { ...pathRoute('rest'), fallback: true });
    assert.equal(fate(table, from('Other/1')), 'standup');
    assert.equal(fate(table, json({ hello: 1 }, { 'user-agent': 'Other/1' })), 'rest');
  });
});

describe('a scope whose custom routes name JSON', () => {
  const table = tableOf(pathRoute('site'), keyRoute('orders', 'custom', { 'json:/kind': 'order' }));
  const kind = (request: Request) => matchHead(table, head(request)).kind;

  it('is decided by the head where no JSON can come', () => {
    assert.equal(kind({ method: 'GET' }), 'match');
    assert.equal(kind({ headers: { 'content-type': 'text/plain' } }), 'match');
    assert.equal(kind({ method: 'GET', headers: { 'content-type': 'application/json' } }), 'needs-body');
    assert.equal(kind({ method: 'DELETE' }), 'needs-body');
  });
});

describe('a scope whose custom routes name headers alone', () => {
  const table = tableOf(
    pathRoute('site'),
    keyRoute('acme', 'custom', { 'header:x-tenant': 'acme' }),
    keyRoute('beta', 'custom', { 'header:x-tenant': 'acme', 'header:x-stage': 'beta' }),
  );
  const outcome = (headers: Record<string, string>) => {
    const decided = matchHead(table, head({ headers: { 'content-type': 'application/json', ...headers } }));
    return decided.kind === 'match' ? decided.profile : decided.kind;
  };

  it('is decided by the head, so that bodies stream', () => {
    assert.equal(outcome({ 'x-tenant': 'acme' }), 'acme');
    assert.equal(outcome({ 'x-tenant': 'acme', 'x-stage': 'beta' }), 'beta');
    assert.equal(outcome({ 'x-tenant': 'other' }), 'unmatched');
    assert.equal(outcome({ 'x-stage': 'beta' }), 'unmatched');
    assert.equal(outcome({}), 'site');
  });
});

describe('a header that a route claims', () => {
  const mine = keyRoute('mine', 'custom', { 'header:destination-id': 'biz-1' });
  const byJson = keyRoute('theirs', 'custom', { 'json:/account/id': '5' });
  const byBoth = keyRoute('both', 'custom', { 'header:destination-id': 'biz-2', 'json:/account/id': '5' });
  const sent = (id: string, headers: Record<string, string> = {}) =>
    head(json({}, { 'destination-id': id, ...headers }));
  const kind = (table: ReturnType<typeof tableOf>, id: string, headers?: Record<string, string>) =>
    matchHead(table, sent(id, headers)).kind;

  it("streams its bodies, whatever JSON another profile's route asks for", () => {
    const table = tableOf(mine, byJson, byBoth);
    for (const headers of [{}, { 'content-encoding': 'gzip' }, { 'content-type': 'text/plain' }]) {
      assert.equal(kind(table, 'biz-1', headers), 'match');
    }
  });

  it('reads the body where a route that would win asks for it', () => {
    const table = tableOf(mine, byBoth, keyRoute('other', 'custom', { 'header:destination-id': 'biz-2' }));
    assert.equal(kind(table, 'biz-1'), 'match');
    assert.equal(kind(table, 'biz-2'), 'needs-body');
    assert.equal(kind(table, 'biz-2', { 'content-type': 'text/plain' }), 'match', 'no JSON can come');
    assert.equal(fate(table, { ...json({ account: { id: 5 } }, { 'destination-id': 'biz-2' }) }), 'both');
    assert.equal(fate(table, { ...json({ account: { id: 6 } }, { 'destination-id': 'biz-2' }) }), 'other');
  });

  it('is no reason to read a body whose JSON no route can claim', () => {
    const table = tableOf(pathRoute('site'), byBoth);
    assert.equal(matchHead(table, head(json({ account: { id: 5 } }))).kind, 'match');
    assert.equal(kind(table, 'biz-3'), 'unmatched');
    assert.equal(kind(table, 'biz-2'), 'needs-body');
  });
});
