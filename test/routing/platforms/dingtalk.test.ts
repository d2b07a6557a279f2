import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { dingtalk } from '../../../src/routing/platforms/dingtalk.ts';
import { bodyOf, type Fields, headOf, isRecognised, json, recipients, type Sent } from './platform-calls.ts';

const ROBOT = 'ding0000000000000001';

const message = {
  conversationId: 'cidInvented==',
  chatbotCorpId: 'ding0000000000000009',
  chatbotUserId: '$:LWCP_v1:$invented',
  msgId: 'msgInvented==',
  senderNick: 'Someone',
  conversationType: '2',
  robotCode: ROBOT,
  sessionWebhook: 'https://oapi.dingtalk.example/robot/sendBySession?session=invented',
  sessionWebhookExpiredTime: 1700005400000,
  text: { content: ' hello' },
  msgtype: 'text',
};
const { robotCode: _none, ...withoutCode } = message;

describe('the bot that a DingTalk request is for', () => {
  const cases: readonly (readonly [string, unknown, readonly Fields[]])[] = [
    ['a message names its robot', message, [{ robot: ROBOT }]],
    ['the letters of a robot count', { ...message, robotCode: 'Ding1' }, [{ robot: 'Ding1' }]],
    ["an old robot's message names nobody", withoutCode, []],
    ['an empty code is no key', { ...message, robotCode: '' }, []],
    ['a code that is no string is no key', { ...message, robotCode: { id: ROBOT } }, []],
  ];
  for (const [name, body, expected] of cases) {
    it(name, () => assert.deepEqual(recipients(dingtalk, json(body)), expected));
  }
});

describe('a DingTalk request', () => {
  const cases: readonly (readonly [string, Sent, boolean])[] = [
    ['a message', json(message), true],
    ['a message with its headers', json(message, { timestamp: '1700000000000', sign: '00' }), true],
    ["an old robot's message", json(withoutCode), true],
    ['a message whose code is no string', json({ ...message, robotCode: 1 }), true],
    ['a code alone', json({ robotCode: ROBOT }), false],
    ['a message for no robot', json({ ...withoutCode, chatbotUserId: undefined }), false],
    ['its headers alone', json({}, { timestamp: '1700000000000', sign: '00' }), false],
    ['a PUT', { ...json(message), method: 'PUT' }, false],
  ];
  for (const [name, sent, expected] of cases) {
    it(`is ${expected ? '' : 'not '}recognised: ${name}`, () =>
      assert.equal(isRecognised(dingtalk, sent), expected));
  }

  it('waits for an answer that may be a message', () => {
    const body = bodyOf(dingtalk, json(message));
    assert.equal(dingtalk.deadline(headOf({}), body), 5000);
    assert.equal(dingtalk.synchronous(headOf({}), body), true);
    assert.equal(dingtalk.handshake(headOf({}), body), undefined);
    assert.equal(dingtalk.unmatched(headOf({}), body), undefined);
  });
});
