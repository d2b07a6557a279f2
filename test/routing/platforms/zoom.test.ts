import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { zoom } from '../../../src/routing/platforms/zoom.ts';
import { bodyOf, type Fields, headOf, isRecognised, json, recipients, type Sent } from './platform-calls.ts';

const ACCOUNT = 'InventedAccount0000001';
const OTHER = 'InventedAccount0000002';
const SIGNED = { 'x-zm-signature': 'v0=00', 'x-zm-request-timestamp': '1700000000' };

const started = {
  event: 'meeting.started',
  event_ts: 1700000000000,
  payload: { account_id: ACCOUNT, object: { id: '100000001' } },
};
const chat = {
  event: 'bot_notification',
  payload: { accountId: ACCOUNT, robotJid: 'invented@xmpp.zoom.example', cmd: 'hello' },
};
const validation = {
  event: 'endpoint.url_validation',
  event_ts: 1700000000000,
  payload: { plainToken: 'an-invented-token' },
};

describe('the bot that a Zoom request is for', () => {
  const cases: readonly (readonly [string, unknown, readonly Fields[]])[] = [
    ['an event names its account', started, [{ account: ACCOUNT }]],
    ["a chatbot's event spells it another way", chat, [{ account: ACCOUNT }]],
    [
      'the same account in both ways',
      { ...chat, payload: { ...chat.payload, account_id: ACCOUNT } },
      [{ account: ACCOUNT }],
    ],
    ['a url_validation names nobody', validation, []],
    ['an account that is no string is no key', { ...started, payload: { account_id: 1 } }, []],
  ];
  for (const [name, body, expected] of cases) {
    it(name, () => assert.deepEqual(recipients(zoom, json(body)), expected));
  }

  it('is not said where two accounts are named', () => {
    assert.ok(
      'ambiguous' in recipients(zoom, json({ ...chat, payload: { ...chat.payload, account_id: OTHER } })),
    );
  });
});

describe('a Zoom request', () => {
  const cases: readonly (readonly [string, Sent, boolean])[] = [
    ['an event', json(started), true],
    ["a chatbot's event", json(chat), true],
    ['a url_validation', json(validation), true],
    ['anything with its signature', json({}, SIGNED), true],
    ['an event without an account', json({ event: 'meeting.started', payload: {} }), false],
    ['a payload that is no object', json({ event: 'meeting.started', payload: 'x' }), false],
    ['an account alone', json({ payload: { account_id: ACCOUNT } }), false],
    ['a token to echo in another event', json({ ...validation, event: 'meeting.started' }), false],
    ['a PUT', { ...json(started), method: 'PUT' }, false],
  ];
  for (const [name, sent, expected] of cases) {
    it(`is ${expected ? '' : 'not '}recognised: ${name}`, () =>
      assert.equal(isRecognised(zoom, sent), expected));
  }

  it('waits 3 seconds, and for its answer where it is a url_validation', () => {
    const waits = (body: unknown) => zoom.synchronous(headOf({}), bodyOf(zoom, json(body)));
    assert.equal(zoom.deadline(headOf({}), null), 3000);
    assert.equal(waits(started), false);
    assert.equal(waits(validation), true);
    assert.equal(zoom.synchronous(headOf({}), null), true);
  });

  it('is answered 200 if no profile claims an event, but a validation does not pass', () => {
    const hears = (body: unknown) => zoom.unmatched(headOf({}), bodyOf(zoom, json(body)));
    assert.deepEqual(hears(started), { status: 200, contentType: null, body: '' });
    assert.deepEqual(hears(chat), { status: 200, contentType: null, body: '' });
    assert.equal(hears(validation), undefined);
    assert.equal(hears({}), undefined);
    assert.equal(zoom.unmatched(headOf({}), null), undefined);
    assert.equal(zoom.handshake(headOf({}), bodyOf(zoom, json(validation))), undefined);
  });
});
