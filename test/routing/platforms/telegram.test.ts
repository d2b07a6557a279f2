import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { telegram } from '../../../src/routing/platforms/telegram.ts';
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

const HEADER = 'x-telegram-bot-api-secret-token';
const update = { update_id: 100000001, message: { message_id: 1, chat: { id: 1 }, text: 'hello' } };

function sent(token: string): Sent {
  return json(update, { [HEADER]: token });
}

describe('a Telegram update', () => {
  const cases: readonly (readonly [string, string, ReturnType<typeof recipientsOrAmbiguous>])[] = [
    ['names its bot by the secret token', 'invented-Token_1', [{ secret_token: 'invented-Token_1' }]],
    ['of the longest token', 'x'.repeat(256), [{ secret_token: 'x'.repeat(256) }]],
    ['of a longer one names nobody', 'x'.repeat(257), []],
    ['of an empty one names nobody', '', []],
    ['of a character that no token has names nobody', 'invented token', []],
    ['of two tokens names nobody', 'invented-1, invented-2', []],
  ];
  for (const [name, token, expected] of cases) {
    it(name, () => assert.deepEqual(recipientsOrAmbiguous(telegram, sent(token)), expected));
  }

  it('is recognised by its header, whatever the body is', () => {
    assert.deepEqual(recognition(telegram, sent('invented')), [true, true]);
    assert.deepEqual(recognition(telegram, { headers: { [HEADER]: 'invented' } }), [true]);
    assert.deepEqual(recognition(telegram, json(update)), [false, false]);
  });

  it('needs no body for any of its routes, and its key is a secret', () => {
    assert.deepEqual(telegram.headFields, telegram.fields);
    assert.deepEqual(telegram.secretFields, ['secret_token']);
    assert.deepEqual(telegram.reads.json, []);
  });

  it('that no profile claims is sent again', () =>
    assert.equal(unmatchedStatus(telegram, sent('x')), 'the 404'));

  it('waits a minute for an answer, which may be a call of the Bot API', () => {
    assert.equal(telegram.deadline(headOf(sent('x')), null), 60_000);
    assert.equal(isSynchronous(telegram, sent('x')), true);
    assert.equal(isAnsweredHere(telegram, sent('x')), false);
  });

  it('has its token compared by the letter', () => {
    assert.equal(telegram.normalise('secret_token', 'Invented'), 'Invented');
  });
});
