import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { shownPath } from '../../../src/routing/url/shown-path.ts';

const LIMIT = 256;
const seal = (secret: string): string => `#${secret.length}`;
const shown = (target: string): string => shownPath(target, seal, LIMIT);

/** As BotFather gives them, but invented. */
const TELEGRAM = '1234567890:AAInventedInventedInventedInvented0';

test('a path of names is shown as it was received', () => {
  for (const path of [
    ...[
      '/',
      '',
      '*',
      '/api/messages',
      '/p/standup-bot-2025-eu/slack/events',
      '/.well-known/x',
      '//a',
      '/v1.0/graph',
    ],
    ...[
      '/.env',
      '/wp-login.php',
      '/index.php',
      '/in/.%09./admin',
      '/..%2f..%2f',
      '/caf%C3%A9-bot/hook',
      '/a;b=c/',
    ],
    ...[
      '/conversations/update',
      '/%zz',
      '/legacy/intake.aspx',
      '/twilio/sms-2',
      '/api/v2/webhooks/orders_created',
    ],
  ]) {
    assert.equal(shown(path), path);
  }
});

test('a segment that may be a secret is sealed, in every spelling', () => {
  const escaped = [...TELEGRAM].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('');
  for (const secret of [
    ...[TELEGRAM, `bot${TELEGRAM}`, TELEGRAM.replace(':', '%3A'), TELEGRAM.replace(':', '%3a'), escaped],
    ...[
      'xoxb-1111111111-invented',
      'sk_live_4Inv3nt3d',
      '4f2c0000-0000-4000-8000-000000000001',
      'dGhpcyBpcyBpbnZlbnRlZA==',
    ],
    ...[
      '0123456789abcdef',
      'inventedinventedinvented',
      '49301234567890',
      'eyJhbGciOiJIUzI1NiJ9.e30.inv3nt3d',
    ],
  ]) {
    assert.equal(shown(`/hook/${secret}/x`), `/hook/${seal(secret)}/x`, secret);
  }
});

test('a query, an authority and a fragment are never shown', () => {
  assert.equal(shown(`/hook?token=${TELEGRAM}`), '/hook');
  assert.equal(shown(`/hook#${TELEGRAM}`), '/hook');
  assert.equal(shown('http://user:password@bots.example.com/hook?x'), '/hook');
  assert.equal(shown('https://user:password@bots.example.com'), '');
  assert.equal(shown('user:password@bots.example.com:443'), 'bots.example.com:443');
});

test('nothing of a secret is left at the limit, and the work is bounded', () => {
  const at = `/${'hook/'.repeat(49)}${TELEGRAM}`;
  assert.ok(!shownPath(at, seal, LIMIT).includes('AAInv'));
  let calls = 0;
  const counted = (secret: string): string => {
    calls += 1;
    return `#${secret.slice(0, 0)}0123456789abcdef`;
  };
  assert.equal(shownPath(`/${TELEGRAM}`.repeat(5000), counted, LIMIT).length, LIMIT);
  assert.ok(calls < 20, `${calls} seals`);
  assert.equal(shownPath(`/${'a'.repeat(1_000_000)}`, seal, LIMIT), '/#1000000');
});

test('no run of letters and digits that a token has is ever shown', () => {
  const character = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789');
  const token = fc
    .array(character, { minLength: 24, maxLength: 60 })
    .map((characters) => `${characters.join('')}0a1b2c3d4e`);
  fc.assert(
    fc.property(token, fc.constantFrom('', ':', '%3A', '-', '_', '.', ';'), (secret, joint) => {
      const path = shown(`/in/12345${joint}${secret}/x`);
      assert.match(path, /^\/in\/#\d+\/x$/);
    }),
  );
});
