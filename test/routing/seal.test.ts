import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { platforms } from '../../src/routing/platforms/index.ts';
import { compileRoutes } from '../../src/routing/table/table.ts';
import { decide, form, json, keyRoute, type Request } from './support.ts';

const SECRET = 'AAAA-not-a-real-secret-AAAA';

/** As the door does it. */
function hmac(secret: string): string {
  return `#${createHmac('sha256', 'a key of this test').update(secret).digest('hex').slice(0, 12)}`;
}

const requests: readonly (readonly [string, Request])[] = [
  ['telegram', json({}, { 'x-telegram-bot-api-secret-token': SECRET })],
  ['slack', form({ token: SECRET, command: '/deploy', team_id: 'T0AAAAAAA1' })],
  ['graph', json({ value: [{ subscriptionId: 'a', clientState: SECRET }] })],
  ['messenger', { method: 'GET', query: `hub.mode=subscribe&hub.verify_token=${SECRET}` }],
  ['custom', json({}, { 'x-gitlab-token': SECRET })],
];

describe('a secret', () => {
  const routes = [
    keyRoute('a', 'telegram', { secret_token: ['other', SECRET] }),
    keyRoute('b', 'slack', { token: SECRET }),
    keyRoute('c', 'graph', { client_state: SECRET }),
    keyRoute('d', 'messenger', { verify_token: SECRET }),
    keyRoute('e', 'custom', { 'header:x-gitlab-token': SECRET }),
  ];
  const table = compileRoutes(routes, platforms, hmac);
  const strangers = compileRoutes(
    routes.map((route) => ({
      ...route,
      key: route.key && {
        ...route.key,
        fields: Object.fromEntries(Object.keys(route.key.fields).map((field) => [field, ['other']])),
      },
    })),
    platforms,
    hmac,
  );

  for (const [platform, request] of requests) {
    it(`routes and is not shown: ${platform}`, () => {
      const outcome = decide(table, request);
      assert.equal(outcome.kind, 'match');
      const shown = inspect(outcome, { depth: null });
      assert.doesNotMatch(shown, new RegExp(SECRET));
      assert.match(shown, new RegExp(hmac(SECRET)));
    });

    it(`is not shown if no profile claims it, and can be told from others: ${platform}`, () => {
      const outcome = decide(strangers, request);
      assert.equal(outcome.kind, 'unmatched');
      const shown = inspect(outcome, { depth: null });
      assert.doesNotMatch(shown, new RegExp(SECRET));
      assert.match(shown, new RegExp(hmac(SECRET)));
    });
  }

  it('does not stand in the table', () => {
    const text = inspect(table, { depth: null, maxArrayLength: null });
    assert.doesNotMatch(text, new RegExp(SECRET));
    assert.match(text, new RegExp(hmac(SECRET)));
  });
});

describe("a platform's secrets", () => {
  for (const { name, fields, headFields, secretFields } of platforms) {
    it(`are fields of its own: ${name}`, () => {
      for (const field of [...headFields, ...secretFields]) assert.ok(fields.includes(field), field);
    });
  }
});
