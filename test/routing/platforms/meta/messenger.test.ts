import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messenger } from '../../../../src/routing/platforms/meta/messenger.ts';
import { recipientsOrAmbiguous, type Sent } from '../platform-calls.ts';
import { describeCommon, notification } from './common.ts';

const [PAGE, OTHER] = ['300000000000001', '300000000000002'];
const USER = '400000000000001';

function sent(...entries: readonly unknown[]): Sent {
  return notification('page', ...entries);
}

function message(sender: string, recipient: string): object {
  return { sender: { id: sender }, recipient: { id: recipient }, message: { mid: 'm_1', text: 'hello' } };
}

describeCommon(messenger, 'page');

describe('the attributes of a Messenger notification', () => {
  const cases: readonly (readonly [string, Sent, ReturnType<typeof recipientsOrAmbiguous>])[] = [
    ['a message', sent({ id: PAGE, time: 1, messaging: [message(USER, PAGE)] }), [{ page: PAGE }]],
    [
      'the echo of what the page wrote',
      sent({ id: PAGE, messaging: [message(PAGE, USER)] }),
      [{ page: PAGE }],
    ],
    ['standing by', sent({ id: PAGE, standby: [message(USER, PAGE)] }), [{ page: PAGE }]],
    ["the page's feed", sent({ id: PAGE, changes: [{ field: 'feed', value: {} }] }), [{ page: PAGE }]],
    ['two pages', sent({ id: PAGE }, { id: OTHER }, { id: PAGE }), [{ page: PAGE }, { page: OTHER }]],
    ['a page that is a number', sent({ id: 5 }), [{ page: '5' }]],
    ['no page', sent({ messaging: [message(USER, PAGE)] }), [{}]],
  ];
  for (const [name, request, expected] of cases) {
    it(name, () => assert.deepEqual(recipientsOrAmbiguous(messenger, request), expected));
  }

  it('are recognised by the page', () => assert.deepEqual(messenger.fields, ['page', 'verify_token']));
});
