import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { claimLine } from '../../../src/cli/portal/claim-line.ts';
import type { Attributes } from '../../../src/routing/route.ts';

const ANYWHERE = { host: null, path: '' };
const APP = '00000000-0000-0000-0000-000000000001';

const CASES: readonly (readonly [string, Attributes, string | undefined])[] = [
  [
    'an app of Teams by its app id alone',
    { platform: 'bot-framework', fields: { app: APP, recipient: `28:${APP}`, tenant: 'a-tenant' } },
    `routes: [{ bot_framework: { app: "${APP}" } }]`,
  ],
  [
    'an agent of Agent 365 by its own id, not by the blueprint that it shares',
    {
      platform: 'bot-framework',
      fields: { app: APP, recipient: '8:orgid:an-agent', agentic_app: 'an-agent' },
    },
    'routes: [{ bot_framework: { agentic_app: an-agent } }]',
  ],
  [
    'an app of GitHub wherever it is installed',
    { platform: 'github', fields: { app: '7', installation: '8', repository: 'a/b', hook: '9' } },
    'routes: [{ github: { app: 7 } }]',
  ],
  [
    'fields that are not secret, if there are any',
    { platform: 'graph', fields: { subscription: 'a-subscription', client_state: '#x' } },
    'routes: [{ graph: { subscription: a-subscription } }]',
  ],
  ['nobody', { platform: 'graph', fields: {} }, undefined],
  ['a sender whose requests name no bot', { platform: 'viber', fields: { a: 'b' } }, undefined],
];

for (const [name, attributes, line] of CASES) {
  test(`a claim names ${name}`, () => {
    assert.equal(claimLine(attributes, ANYWHERE)?.line, line);
  });
}

test('a claim names the host and path whose routes decided the request', () => {
  const claim = claimLine(
    { platform: 'line', fields: { destination: 'U1' } },
    { host: 'a.example', path: '/x' },
  );
  assert.equal(claim?.line, 'routes: [{ host: a.example, path: "/x", line: { destination: U1 } }]');
});

test('for any value in a request the line is valid YAML without control characters', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1 }),
    fc.constantFrom('no', 'null', '0x1', '~', '1e3'),
  );
  fc.assert(
    fc.property(text, (destination) => {
      const line = claimLine({ platform: 'line', fields: { destination } }, ANYWHERE)?.line ?? '';
      assert.doesNotMatch(line, /\p{Cc}|[\u202a-\u202e\u2066-\u2069]/u);
      const { routes } = parse(line, { version: '1.2', intAsBigInt: true });
      assert.equal(String(routes[0].line.destination), destination);
    }),
  );
});
