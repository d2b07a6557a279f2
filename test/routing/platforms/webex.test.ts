import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { webex } from '../../../src/routing/platforms/webex.ts';
import { bodyOf, type Fields, headOf, isRecognised, json, recipients, type Sent } from './platform-calls.ts';

const WEBHOOK = 'SW52ZW50ZWRXZWJob29r';
const APP = 'SW52ZW50ZWRBcHA';

const message = {
  id: WEBHOOK,
  name: 'an invented webhook',
  targetUrl: 'https://bots.example/webex',
  resource: 'messages',
  event: 'created',
  orgId: 'SW52ZW50ZWRPcmc',
  createdBy: 'SW52ZW50ZWRQZXJzb24',
  appId: APP,
  ownedBy: 'creator',
  status: 'active',
  actorId: 'SW52ZW50ZWRBY3Rvcg',
  data: { id: 'SW52ZW50ZWRNZXNzYWdl', roomId: 'SW52ZW50ZWRSb29t' },
};

describe('the bot that a Webex request is for', () => {
  const cases: readonly (readonly [string, unknown, readonly Fields[]])[] = [
    ['a webhook and its app', message, [{ webhook: WEBHOOK, app: APP }]],
    ['a webhook without an app', { ...message, appId: undefined }, [{ webhook: WEBHOOK }]],
    ['the id of what happened is no key', { ...message, id: undefined, appId: undefined }, []],
    ['an id that is no string is no key', { ...message, id: 1 }, [{ app: APP }]],
  ];
  for (const [name, body, expected] of cases) {
    it(name, () => assert.deepEqual(recipients(webex, json(body)), expected));
  }
});

describe('a Webex request', () => {
  const cases: readonly (readonly [string, Sent, boolean])[] = [
    ['a webhook', json(message), true],
    ['a button of a card', json({ ...message, resource: 'attachmentActions' }), true],
    ['anything with its signature', json({}, { 'x-spark-signature': '00' }), true],
    [
      'without a person or organization',
      json({ ...message, orgId: 1, createdBy: null, actorId: undefined }),
      false,
    ],
    ['without data', json({ ...message, data: 'x' }), false],
    ['without an id', json({ ...message, id: undefined }), false],
    ["Zoom's event", json({ event: 'meeting.started', payload: { account_id: 'x' } }), false],
    ['a PUT', { ...json(message), method: 'PUT' }, false],
  ];
  for (const [name, sent, expected] of cases) {
    it(`is ${expected ? '' : 'not '}recognised: ${name}`, () =>
      assert.equal(isRecognised(webex, sent), expected));
  }

  it('waits 5 seconds, for its status alone', () => {
    const body = bodyOf(webex, json(message));
    assert.equal(webex.deadline(headOf({}), body), 5000);
    assert.equal(webex.synchronous(headOf({}), body), false);
    assert.equal(webex.handshake(headOf({}), body), undefined);
    assert.equal(webex.unmatched(headOf({}), body), undefined);
  });
});
