import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { instagram } from '../../../../src/routing/platforms/meta/instagram.ts';
import { recipientsOrAmbiguous, type Sent } from '../platform-calls.ts';
import { describeCommon, notification } from './common.ts';

const [ACCOUNT, OTHER] = ['500000000000001', '500000000000002'];

function sent(...entries: readonly unknown[]): Sent {
  return notification('instagram', ...entries);
}

const message = { sender: { id: '600000000000001' }, recipient: { id: ACCOUNT }, message: { mid: 'm_1' } };
const comment = { field: 'comments', value: { id: '1', text: 'hello' } };

describeCommon(instagram, 'instagram');

describe('the attributes of an Instagram notification', () => {
  const cases: readonly (readonly [string, Sent, ReturnType<typeof recipientsOrAmbiguous>])[] = [
    ['a message', sent({ id: ACCOUNT, time: 1, messaging: [message] }), [{ account: ACCOUNT }]],
    ['a comment', sent({ id: ACCOUNT, changes: [comment] }), [{ account: ACCOUNT }]],
    ['two accounts', sent({ id: ACCOUNT }, { id: OTHER }), [{ account: ACCOUNT }, { account: OTHER }]],
    ['no account', sent({ messaging: [message] }), [{}]],
  ];
  for (const [name, request, expected] of cases) {
    it(name, () => assert.deepEqual(recipientsOrAmbiguous(instagram, request), expected));
  }

  it('are recognised by the account', () => assert.deepEqual(instagram.fields, ['account', 'verify_token']));
});
