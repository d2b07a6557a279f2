import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { line } from '../../../src/routing/platforms/line.ts';
import { json } from '../support.ts';
import {
  headOf,
  isAnsweredHere,
  isSynchronous,
  recipientsOrAmbiguous,
  recognition,
  type Sent,
  unmatchedStatus,
} from './platform-calls.ts';

const BOT = `U${'0a'.repeat(16)}`;

function sent(value: unknown): Sent {
  return json(value, { 'x-line-signature': 'aW52ZW50ZWQ=' });
}

const message = {
  type: 'message',
  mode: 'active',
  webhookEventId: '01INVENTED0000000000000000',
  deliveryContext: { isRedelivery: false },
  source: { type: 'user', userId: `U${'0b'.repeat(16)}` },
};

describe("a request of LINE's", () => {
  const cases: readonly (readonly [string, Sent, ReturnType<typeof recipientsOrAmbiguous>])[] = [
    ['a message', sent({ destination: BOT, events: [message] }), [{ destination: BOT }]],
    ['several', sent({ destination: BOT, events: [message, message] }), [{ destination: BOT }]],
    ['no events', sent({ destination: BOT, events: [] }), [{ destination: BOT }]],
    ['no string', sent({ destination: 1, events: [] }), []],
    ['an empty one', sent({ destination: '', events: [] }), []],
    ['none', sent({ events: [message] }), []],
    ['no body', { headers: { 'x-line-signature': 'x' } }, []],
  ];
  for (const [name, request, expected] of cases) {
    it(`names its bot: ${name}`, () => assert.deepEqual(recipientsOrAmbiguous(line, request), expected));
  }

  it('is recognised by its signature', () => {
    const events = { destination: BOT, events: [] };
    assert.deepEqual(recognition(line, sent(events)), [true, true]);
    assert.deepEqual(recognition(line, json(events)), [false, false]);
    assert.deepEqual(line.headFields, []);
  });

  const unclaimed: readonly (readonly [string, unknown, number | 'the 404'])[] = [
    ['tries the URL', { destination: BOT, events: [] }, 200],
    ['tries the URL for nobody', { events: [] }, 200],
    ['has an event', { destination: BOT, events: [message] }, 'the 404'],
    ['has an event that is none', { destination: BOT, events: [null] }, 'the 404'],
    ['has no list of events', { destination: BOT, events: {} }, 'the 404'],
    ['has none', { destination: BOT }, 'the 404'],
  ];
  for (const [name, value, expected] of unclaimed) {
    it(`hears ${expected} if no profile claims it and it ${name}`, () => {
      assert.equal(unmatchedStatus(line, sent(value)), expected);
    });
  }

  it('goes to its gateway where it tries the URL of a claimed bot', () => {
    assert.equal(isAnsweredHere(line, sent({ destination: BOT, events: [] })), false);
  });

  it('waits two seconds, for no answer in particular', () => {
    assert.equal(line.deadline(headOf(sent({})), null), 2000);
    assert.equal(isSynchronous(line, sent({ destination: BOT, events: [message] })), false);
  });
});
