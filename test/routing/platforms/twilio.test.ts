import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { twilio } from '../../../src/routing/platforms/twilio.ts';
import { FORM_TYPE, form, json } from '../support.ts';
import {
  headOf,
  isAnsweredHere,
  isSynchronous,
  recipientsOrAmbiguous,
  recognition,
  type Sent,
  unmatchedStatus,
} from './platform-calls.ts';

const ACCOUNT = `AC${'0a'.repeat(16)}`;
const BOT = '+15550100001';
const OTHER = '+15550100002';
const SIGNED = { 'x-twilio-signature': 'aW52ZW50ZWQ=' };

const incoming = {
  MessageSid: `SM${'0b'.repeat(16)}`,
  AccountSid: ACCOUNT,
  From: OTHER,
  To: BOT,
  Body: 'hello & goodbye',
  NumMedia: '0',
  SmsStatus: 'received',
};
const outgoing = { AccountSid: ACCOUNT, From: BOT, To: OTHER };

function post(fields: Readonly<Record<string, string>>): Sent {
  return form(fields, { ...SIGNED });
}

function get(query: string): Sent {
  return { method: 'GET', query, headers: SIGNED };
}

function queryOf(fields: Readonly<Record<string, string>>): string {
  return new URLSearchParams(fields).toString();
}

const bot = [{ to: BOT, account: ACCOUNT }];

describe("a request of Twilio's", () => {
  const kinds: readonly (readonly [
    string,
    Readonly<Record<string, string>>,
    ReturnType<typeof recipientsOrAmbiguous>,
  ])[] = [
    ['a message', incoming, bot],
    [
      'a message of WhatsApp',
      { ...incoming, To: `whatsapp:${BOT}` },
      [{ to: `whatsapp:${BOT}`, account: ACCOUNT }],
    ],
    ['a call', { ...incoming, CallSid: 'CA1', Direction: 'inbound', CallStatus: 'ringing' }, bot],
    ['what became of a message it sent', { ...outgoing, SmsStatus: 'sent', MessageStatus: 'sent' }, bot],
    ['that its message was read', { ...outgoing, MessageStatus: 'read' }, bot],
    ['a message that says it was received', { ...incoming, MessageStatus: 'received' }, bot],
    ['a call that it made', { ...outgoing, CallSid: 'CA1', Direction: 'outbound-api' }, bot],
    ['a call that it put through', { ...incoming, CallSid: 'CA1', Direction: 'outbound-dial' }, bot],
    ['no number', { AccountSid: ACCOUNT }, [{ account: ACCOUNT }]],
    ['an empty number', { AccountSid: ACCOUNT, To: '' }, [{ account: ACCOUNT }]],
    ['no account', { To: BOT }, [{ to: BOT }]],
    ['neither', { Body: 'hello' }, []],
  ];
  for (const [name, fields, expected] of kinds) {
    it(`names its bot in a form: ${name}`, () =>
      assert.deepEqual(recipientsOrAmbiguous(twilio, post(fields)), expected));
    it(`names its bot in a query: ${name}`, () => {
      assert.deepEqual(recipientsOrAmbiguous(twilio, get(queryOf(fields))), expected);
    });
  }

  const queries: readonly (readonly [string, string, ReturnType<typeof recipientsOrAmbiguous>])[] = [
    ["a '+' that is percent-encoded", `To=%2B15550100001&AccountSid=${ACCOUNT}`, bot],
    ["a '+' that is not is a space", 'To=+15550100001', [{ to: ' 15550100001' }]],
    ['a name that is percent-encoded', `%54o=%2B15550100001&AccountSid=${ACCOUNT}`, bot],
    ['a repeated field', 'To=%2B15550100001&To=%2B15550100002', 'ambiguous'],
    ['a repeated field in disguise', 'To=%2B15550100001&%54%6f=%2B15550100002', 'ambiguous'],
    ['a field with brackets', 'To=%2B15550100001&To[]=%2B15550100002', 'ambiguous'],
    ["a raw ';'", 'To=%2B15550100001;To=%2B15550100002', 'ambiguous'],
    ['a broken escape', 'To=%2', 'ambiguous'],
    ['bytes that are no UTF-8', 'To=%ff', 'ambiguous'],
    ['nothing', '', []],
  ];
  for (const [name, query, expected] of queries) {
    it(`is read strictly in a query: ${name}`, () =>
      assert.deepEqual(recipientsOrAmbiguous(twilio, get(query)), expected));
  }

  it("is compared by a number's digits, and by its channel without case", () => {
    for (const written of ['+15550100001', '+1 555 010 0001', '+1 (555) 010-0001', '+1.555.010.0001']) {
      assert.equal(twilio.normalise('to', written), '+15550100001', written);
      assert.equal(twilio.normalise('to', `WhatsApp:${written}`), 'whatsapp:+15550100001', written);
    }
    for (const written of [
      'client:Bot',
      'sip:Bot-1@bots.sip.twilio.com',
      '72345',
      ' 15550100001',
      'messenger:100',
    ]) {
      assert.equal(twilio.normalise('to', written), written);
    }
    assert.equal(twilio.normalise('account', 'AC 1'), 'AC 1');
    assert.deepEqual(recipientsOrAmbiguous(twilio, post({ ...incoming, To: `+1 ${BOT.slice(2)}` })), bot);
  });

  it('takes a long number in linear time', () => {
    const long = `${'1'.repeat(1_000_000)}x`;
    assert.equal(twilio.normalise('to', long), long);
  });

  it('is read in its body alone where it has one', () => {
    assert.deepEqual(
      recipientsOrAmbiguous(twilio, { ...post(incoming), query: queryOf({ To: OTHER, AccountSid: 'x' }) }),
      bot,
    );
    assert.deepEqual(recipientsOrAmbiguous(twilio, { headers: SIGNED, query: queryOf(incoming) }), []);
    assert.deepEqual(
      recipientsOrAmbiguous(twilio, {
        ...get(queryOf(incoming)),
        ...{ body: queryOf(outgoing) },
        headers: { ...SIGNED, 'content-type': FORM_TYPE },
      }),
      bot,
    );
    assert.deepEqual(recipientsOrAmbiguous(twilio, json(incoming, SIGNED)), []);
  });

  it('is recognised by its signature, with either method', () => {
    assert.deepEqual(recognition(twilio, post(incoming)), [true, true]);
    assert.deepEqual(recognition(twilio, get(queryOf(incoming))), [true]);
    assert.deepEqual(recognition(twilio, form(incoming)), [false, false]);
    assert.deepEqual(recognition(twilio, { method: 'GET', query: queryOf(incoming) }), [false]);
    assert.deepEqual(twilio.headFields, []);
  });

  it('waits 15 seconds for TwiML, and is answered 404 if no profile claims it', () => {
    assert.equal(twilio.deadline(headOf(post(incoming)), null), 15_000);
    assert.equal(isSynchronous(twilio, post(incoming)), true);
    assert.equal(isAnsweredHere(twilio, post(incoming)), false);
    assert.equal(unmatchedStatus(twilio, post(incoming)), 'the 404');
  });
});
