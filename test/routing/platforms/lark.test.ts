import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lark } from '../../../src/routing/platforms/lark.ts';
import { bodyOf, type Fields, headOf, isRecognised, json, recipients, type Sent } from './platform-calls.ts';

const APP = 'cli_aaaaaaaaaaaaaaa1';
const OTHER = 'cli_aaaaaaaaaaaaaaa2';
const SIGNED = {
  'x-lark-request-timestamp': '1700000000',
  'x-lark-request-nonce': '0000000000',
  'x-lark-signature': '00',
};

const message = {
  schema: '2.0',
  header: {
    event_id: '00000000000000000000000000000001',
    event_type: 'im.message.receive_v1',
    create_time: '1700000000000',
    token: 'an-invented-token',
    app_id: APP,
    tenant_key: 'invented-tenant',
  },
  event: { sender: { sender_type: 'user' }, message: { message_id: 'om_1', chat_type: 'p2p' } },
};

const oldMessage = {
  uuid: '00000000000000000000000000000001',
  ts: '1700000000.000000',
  token: 'an-invented-token',
  type: 'event_callback',
  event: { type: 'message', app_id: APP, tenant_key: 'invented-tenant' },
};

const verification = {
  challenge: 'invented-challenge',
  token: 'an-invented-token',
  type: 'url_verification',
};
const encrypted = { encrypt: 'aW52ZW50ZWQ=' };

function typed(type: string): object {
  return { ...message, header: { ...message.header, event_type: type } };
}

describe('the bot that a Lark request is for', () => {
  const cases: readonly (readonly [string, unknown, readonly Fields[]])[] = [
    ['an event names its app in the header', message, [{ app: APP }]],
    ["a callback does too: a card's button", typed('card.action.trigger'), [{ app: APP }]],
    ['an event of the old form names it in the event', oldMessage, [{ app: APP }]],
    [
      "an app that an event is about is not the event's own",
      { ...message, event: { app_id: OTHER } },
      [{ app: APP }],
    ],
    ['an id that is no string is no key', { ...message, header: { ...message.header, app_id: 1 } }, []],
    ['an empty id is no key', { ...message, header: { ...message.header, app_id: '' } }, []],
    ['an encrypted body names nobody', encrypted, []],
    ['a url_verification names nobody', verification, []],
  ];
  for (const [name, body, expected] of cases) {
    it(name, () => assert.deepEqual(recipients(lark, json(body)), expected));
  }

  it('is ambiguous if both schemas are there and name two apps', () => {
    const both = { ...oldMessage, ...message, event: { app_id: OTHER } };
    assert.ok('ambiguous' in recipients(lark, json(both)));
    assert.deepEqual(recipients(lark, json({ ...both, event: { app_id: APP } })), [{ app: APP }]);
  });
});

describe('a Lark request', () => {
  const cases: readonly (readonly [string, Sent, boolean])[] = [
    ['an event', json(message), true],
    ['an event of the old form', json(oldMessage), true],
    ['a url_verification', json(verification), true],
    ['an encrypted body', json(encrypted), true],
    ['anything with its headers', json({}, SIGNED), true],
    [
      'an encrypted body that WeCom signed',
      { ...json(encrypted), query: 'msg_signature=0&timestamp=1&nonce=2' },
      false,
    ],
    ['a url_verification that Slack signed', json(verification, { 'x-slack-signature': 'v0=00' }), false],
    [
      'an event of Slack',
      json({ type: 'event_callback', uuid: 'x', api_app_id: 'A0AAAAAAA1', event: { app_id: 'A0AAAAAAA1' } }),
      false,
    ],
    [
      'an event of Slack without its app',
      json({ type: 'event_callback', team_id: 'T0AAAAAAA1', event: {} }),
      false,
    ],
    ['something with a schema', json({ schema: '2.0', header: 'x' }), false],
    ['a PUT', { ...json(message), method: 'PUT' }, false],
    [
      'a form',
      { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'schema=2.0' },
      false,
    ],
  ];
  for (const [name, sent, expected] of cases) {
    it(`is ${expected ? '' : 'not '}recognised: ${name}`, () =>
      assert.equal(isRecognised(lark, sent), expected));
  }

  it('waits for its answer where it is shown to the user, or cannot be read', () => {
    const waits = (body: unknown) => lark.synchronous(headOf({}), bodyOf(lark, json(body)));
    assert.equal(waits(message), false);
    assert.equal(waits(oldMessage), false);
    assert.equal(waits(typed('card.action.trigger')), true);
    assert.equal(waits(typed('card.action.trigger_v1')), true);
    assert.equal(waits(typed('url.preview.get')), true);
    assert.equal(waits(encrypted), true);
    assert.equal(lark.synchronous(headOf({}), null), true);
    assert.equal(lark.deadline(headOf({}), null), 3000);
    assert.equal(lark.unmatched(headOf({}), bodyOf(lark, json(message))), undefined);
  });
});

describe("Lark's url_verification", () => {
  const answer = (body: unknown) => lark.handshake(headOf({}), bodyOf(lark, json(body)));

  it('is answered with its challenge, as JSON', () => {
    assert.deepEqual(answer(verification), {
      status: 200,
      contentType: 'application/json; charset=utf-8',
      body: '{"challenge":"invented-challenge"}',
    });
  });

  it('is not answered with anything that Lark would not send', () => {
    for (const challenge of ['', 'two words', 'a\nline', 'ü', 'x'.repeat(257), 1, null]) {
      assert.equal(answer({ ...verification, challenge }), undefined, String(challenge));
    }
    assert.equal(answer(message), undefined);
    assert.equal(answer(encrypted), undefined);
    assert.equal(lark.handshake(headOf({}), null), undefined);
  });
});
