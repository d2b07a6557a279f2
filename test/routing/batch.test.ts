import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Route } from '../../src/routing/route.ts';
import { decide, fate, json, keyRoute, pathRoute, type Request, tableOf } from './support.ts';

/** Meta's: one entry a page. */
function batch(...pages: readonly string[]): Request {
  return json({ object: 'page', entry: pages.map((id) => ({ id, messaging: [{ sender: { id: '9' } }] })) });
}

const shares = { fanOut: true };

function page(profile: string, id: string | readonly string[], scoped = {}): Route {
  return keyRoute(profile, 'messenger', { page: id }, '', scoped);
}

describe('a batch', () => {
  const careful = [page('a', ['1', '2']), page('b', '3'), page('c', '4', shares)];
  const open = [page('a', ['1', '2'], shares), page('b', '3', shares), page('c', '4', shares)];
  const cases: readonly (readonly [string, readonly Route[], Request, string])[] = [
    ['for one bot is its profile\'s', careful, batch('1'), 'a'],
    ['for two bots of one profile is that one\'s', careful, batch('1', '2', '1'), 'a'],
    ['for two profiles of which none allows it goes to none', careful, batch('1', '3'), 'mixed-batch, not allowed by a and b'],
    ['for two profiles of which one does not allow it goes to none', careful, batch('4', '3'), 'mixed-batch, not allowed by b'],
    ['for two profiles that allow it goes to both', open, batch('3', '1', '2'), 'b + a'],
    ['with a bot that nobody claims needs to be allowed too', careful, batch('1', '9'), 'mixed-batch, not allowed by a'],
    ['with a bot that nobody claims, first', careful, batch('9', '1'), 'mixed-batch, not allowed by a'],
    ['with a bot that nobody claims, allowed', open, batch('9', '1'), 'a'],
    ['with an entry that names nobody needs to be allowed too', careful, batch('1', ''), 'mixed-batch, not allowed by a'],
    ['for nobody known is unmatched', careful, batch('8', '9'), 'unmatched 200'],
    ['without an entry is unmatched', careful, batch(), 'unmatched 200'],
    [
      'with a bot that the fallback takes is for two',
      [...careful, pathRoute('rest', '', { fallback: true })],
      batch('1', '9'),
      'mixed-batch, not allowed by a and rest',
    ],
    [
      'with a bot that the fallback takes, allowed',
      [...open, pathRoute('rest', '', { fallback: true, fanOut: true })],
      batch('1', '9'),
      'a + rest',
    ],
    [
      'for nobody known is the fallback\'s',
      [...careful, pathRoute('rest', '', { fallback: true })],
      batch('8', '9'),
      'rest',
    ],
  ]; // biome-ignore format: one case beside the other
  for (const [name, routes, request, expected] of cases) {
    it(name, () => assert.equal(fate(tableOf(...routes), request), expected));
  }

  it('for several says of each profile what it is for, and what nobody claims', () => {
    const outcome = decide(tableOf(...open), batch('3', '9', '1', '2'));
    assert.ok(outcome.kind === 'fan-out');
    assert.deepEqual(
      outcome.matches.map(({ profile, attributes, deadline, synchronous }) => [
        profile,
        attributes?.fields,
        deadline,
        synchronous,
      ]),
      [
        ['b', { page: '3' }, 20_000, false],
        ['a', { page: '1' }, 20_000, false],
      ],
    );
    assert.deepEqual(outcome.unclaimed, [{ platform: 'messenger', fields: { page: '9' } }]);
    assert.equal(outcome.platform, 'messenger');
  });

  it('that is refused says all that is in it, and who would have to allow it', () => {
    assert.deepEqual(decide(tableOf(...careful), batch('1', '3', '9', '3')), {
      kind: 'mixed-batch',
      platform: 'messenger',
      attributes: ['1', '3', '9'].map((id) => ({ platform: 'messenger', fields: { page: id } })),
      lacking: ['a', 'b'],
    });
  });

  it('for nobody says all that is in it, once', () => {
    const outcome = decide(tableOf(...careful), batch('8', '9', '8'));
    assert.ok(outcome.kind === 'unmatched');
    assert.deepEqual(
      outcome.attributes.map(({ fields }) => fields),
      [{ page: '8' }, { page: '9' }],
    );
  });

  it('with two bots in one entry, as two products would read it, is ambiguous', () => {
    const body = '{"object":"page","entry":[{"id":"1","id":"3"}]}';
    assert.equal(fate(tableOf(...open), { ...batch(), body }), 'GWPROXY_AMBIGUOUS_KEY');
  });

  it('whose key is too long is refused', () => {
    assert.equal(fate(tableOf(...open), batch('1', 'x'.repeat(513))), 'GWPROXY_BODY_INVALID');
  });
});
