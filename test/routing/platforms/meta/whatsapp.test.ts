import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whatsapp } from '../../../../src/routing/platforms/meta/whatsapp.ts';
import { recipientsOrAmbiguous, type Sent } from '../platform-calls.ts';
import { describeCommon, notification } from './common.ts';

const OBJECT = 'whatsapp_business_account';
const [A, B] = ['100000000000001', '100000000000002'];
const [ONE, TWO] = ['200000000000001', '200000000000002'];

function sent(...entries: readonly unknown[]): Sent {
  return notification(OBJECT, ...entries);
}

function message(phoneNumberId: unknown): object {
  const metadata = { display_phone_number: '15550100001', phone_number_id: phoneNumberId };
  return {
    field: 'messages',
    value: { messaging_product: 'whatsapp', metadata, messages: [{ id: 'wamid.1' }] },
  };
}

const template = { field: 'message_template_status_update', value: { event: 'APPROVED' } };

describeCommon(whatsapp, OBJECT);

describe('the attributes of a WhatsApp notification', () => {
  const cases: readonly (readonly [string, Sent, ReturnType<typeof recipientsOrAmbiguous>])[] = [
    ['one message', sent({ id: A, changes: [message(ONE)] }), [{ phone_number: ONE, account: A }]],
    [
      'several for one number are one delivery',
      sent({ id: A, changes: [message(ONE), message(ONE)] }, { id: A, changes: [message(ONE)] }),
      [{ phone_number: ONE, account: A }],
    ],
    [
      'two numbers of one account',
      sent({ id: A, changes: [message(ONE), message(TWO), message(ONE)] }),
      [
        { phone_number: ONE, account: A },
        { phone_number: TWO, account: A },
      ],
    ],
    [
      'two accounts',
      sent({ id: A, changes: [message(ONE)] }, { id: B, changes: [message(TWO)] }),
      [
        { phone_number: ONE, account: A },
        { phone_number: TWO, account: B },
      ],
    ],
    [
      'two numbers of one account in two entries',
      sent({ id: A, changes: [message(ONE)] }, { id: A, changes: [message(TWO)] }),
      [
        { phone_number: ONE, account: A },
        { phone_number: TWO, account: A },
      ],
    ],
    ['an update about the account', sent({ id: A, changes: [template] }), [{ account: A }]],
    [
      'an update about the account beside a message',
      sent({ id: A, changes: [template, message(ONE)] }),
      [{ account: A }, { phone_number: ONE, account: A }],
    ],
    ['no changes', sent({ id: A }), [{ account: A }]],
    [
      'a number that is no string',
      sent({ id: A, changes: [message(5)] }),
      [{ phone_number: '5', account: A }],
    ],
    ['a number that is no id', sent({ id: A, changes: [message(5.5)] }), [{ account: A }]],
    [
      'an account that is no string',
      sent({ id: 5, changes: [message(ONE)] }),
      [{ phone_number: ONE, account: '5' }],
    ],
    ['an account that is no id', sent({ id: true, changes: [message(ONE)] }), [{ phone_number: ONE }]],
    ['an entry that names nobody', sent({ changes: [template] }), [{}]],
    [
      'an entry that names nobody is not lost beside another',
      sent({ id: A, changes: [message(ONE)] }, { id: null }),
      [{ phone_number: ONE, account: A }, {}],
    ],
    ['what is no entry', sent('x', 5, null), [{}]],
    ['what is no change', sent({ id: A, changes: ['x'] }), [{ account: A }]],
    ['__proto__ is an account like any', sent({ id: '__proto__', changes: [] }), [{ account: '__proto__' }]],
  ];
  for (const [name, request, expected] of cases) {
    it(name, () => assert.deepEqual(recipientsOrAmbiguous(whatsapp, request), expected));
  }

  it('of a full batch is one for each number', () => {
    const changes = Array.from({ length: 1000 }, (_none, index) => message(`${index % 10}`));
    assert.equal(recipientsOrAmbiguous(whatsapp, sent({ id: A, changes })).length, 10);
  });

  it('beat one another by the number, then the account', () => {
    assert.deepEqual(whatsapp.fields, ['phone_number', 'account', 'verify_token']);
  });
});
