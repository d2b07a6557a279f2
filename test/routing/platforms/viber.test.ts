import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { viber } from '../../../src/routing/platforms/viber.ts';
import { headOf, json, recipients, type Sent } from './platform-calls.ts';

const SIGNATURE = '0'.repeat(64);
const message = {
  event: 'message',
  timestamp: 1700000000000,
  message_token: 1000000000000001,
  sender: { id: 'invented==', name: 'Someone' },
  message: { type: 'text', text: 'hello' },
};

describe('a Viber request', () => {
  const cases: readonly (readonly [string, Sent, boolean])[] = [
    ['by its header', json(message, { 'x-viber-content-signature': SIGNATURE }), true],
    ['by its query', { ...json(message), query: `sig=${SIGNATURE}` }, true],
    [
      'by its query beside parameters of the operator',
      { ...json(message), query: `bot=one&sig=${SIGNATURE}` },
      true,
    ],
    ['a query that is no signature', { ...json(message), query: 'sig=00' }, false],
    ['two signatures', { ...json(message), query: `sig=${SIGNATURE}&sig=${SIGNATURE}` }, false],
    ['no signature: its body is not asked', json(message), false],
    ['a GET', { method: 'GET', query: `sig=${SIGNATURE}` }, false],
  ];
  for (const [name, sent, expected] of cases) {
    it(`is ${expected ? '' : 'not '}recognised: ${name}`, () => {
      assert.equal(viber.recognises(headOf(sent)), expected);
    });
  }

  it('names no bot, and has no routes of its own', () => {
    assert.deepEqual(recipients(viber, json(message, { 'x-viber-content-signature': SIGNATURE })), []);
    assert.equal(viber.configKey, null);
    assert.deepEqual(viber.fields, []);
  });

  it('waits for an answer that may be the welcome message', () => {
    assert.equal(viber.deadline(headOf({}), null), 5000);
    assert.equal(viber.synchronous(headOf({}), null), true);
    assert.equal(viber.handshake(headOf({}), null), undefined);
    assert.equal(viber.unmatched(headOf({}), null), undefined);
  });
});
