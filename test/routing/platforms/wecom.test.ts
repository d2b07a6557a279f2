import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { wecom } from '../../../src/routing/platforms/wecom.ts';
import { bodyOf, type Fields, headOf, isRecognised, json, recipients, type Sent } from './platform-calls.ts';

const CORP = 'ww0000000000000001';
const SIGNED = 'msg_signature=0000000000000000&timestamp=1700000000&nonce=1000000000';
const CALLBACK = `<xml><ToUserName><![CDATA[${CORP}]]></ToUserName><Encrypt><![CDATA[aW52ZW50ZWQ=]]></Encrypt><AgentID><![CDATA[1000002]]></AgentID></xml>`;

function xml(body: string, query = SIGNED): Sent {
  return { query, headers: { 'content-type': 'text/xml' }, body };
}

describe('the bot that a WeCom request is for', () => {
  const cases: readonly (readonly [string, Sent, readonly Fields[]])[] = [
    ['a callback names its corporation and agent', xml(CALLBACK), [{ corp: CORP, agent: '1000002' }]],
    [
      "a suite's callback names no agent",
      xml('<xml><ToUserName><![CDATA[ww0000000000000002]]></ToUserName><AgentID></AgentID></xml>'),
      [{ corp: 'ww0000000000000002' }],
    ],
    ['the letters of a corporation count', xml('<xml><ToUserName>WW1</ToUserName></xml>'), [{ corp: 'WW1' }]],
    ['an envelope without either names nobody', xml('<xml><Encrypt>aW52ZW50ZWQ=</Encrypt></xml>'), []],
    ['the GET with echostr names nobody', { method: 'GET', query: `${SIGNED}&echostr=aW52ZW50ZWQ%3D` }, []],
    ["an AI bot's JSON names nobody", { ...json({ encrypt: 'aW52ZW50ZWQ=' }), query: SIGNED }, []],
  ];
  for (const [name, sent, expected] of cases) {
    it(name, () => assert.deepEqual(recipients(wecom, sent), expected));
  }
});

describe('a WeCom request', () => {
  const cases: readonly (readonly [string, Sent, boolean])[] = [
    ['a callback', xml(CALLBACK), true],
    ['the GET with echostr', { method: 'GET', query: `${SIGNED}&echostr=aW52ZW50ZWQ%3D` }, true],
    ["an AI bot's JSON", { ...json({ encrypt: 'aW52ZW50ZWQ=' }), query: SIGNED }, true],
    ['a signature beside parameters of the operator', { query: `bot=one&${SIGNED}` }, true],
    ['without a signature', xml(CALLBACK, ''), false],
    ['a nonce alone', xml(CALLBACK, 'timestamp=1&nonce=2'), false],
    [
      "an official account's message",
      xml(CALLBACK, `signature=00&openid=o&encrypt_type=aes&${SIGNED}`),
      false,
    ],
  ];
  for (const [name, sent, expected] of cases) {
    it(`is ${expected ? '' : 'not '}recognised: ${name}`, () => {
      assert.equal(wecom.recognises(headOf(sent)), expected);
      assert.equal(isRecognised(wecom, sent), expected);
    });
  }

  it('waits 5 seconds for an answer that may be a message', () => {
    const body = bodyOf(wecom, xml(CALLBACK));
    assert.equal(wecom.deadline(headOf({}), body), 5000);
    assert.equal(wecom.synchronous(headOf({}), body), true);
    assert.equal(wecom.handshake(headOf({ method: 'GET', query: SIGNED }), null), undefined);
    assert.equal(wecom.unmatched(headOf({}), body), undefined);
  });
});
