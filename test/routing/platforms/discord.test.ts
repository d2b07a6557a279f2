import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { discord } from '../../../src/routing/platforms/discord.ts';
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

const APP = '100000000000000001';
const SIGNED = { 'x-signature-ed25519': '00ff', 'x-signature-timestamp': '1700000000' };

function sent(value: unknown): Sent {
  return json(value, SIGNED);
}

const ping = sent({ version: 1, id: '1', application_id: APP, type: 1, token: 'invented' });
const command = sent({
  version: 1,
  id: '200000000000000001',
  application_id: APP,
  type: 2,
  guild_id: '300000000000000001',
  authorizing_integration_owners: { '0': '300000000000000001' },
  token: 'invented',
  data: { id: '1', name: 'deploy', type: 1 },
});
const eventPing = sent({ version: 1, application_id: APP, type: 0 });
const event = sent({
  version: 1,
  application_id: APP,
  type: 1,
  event: { type: 'APPLICATION_AUTHORIZED', timestamp: '2024-01-01T00:00:00Z', data: {} },
});

describe('a request of Discord', () => {
  const expected = [{ application: APP }];
  const cases: readonly (readonly [string, Sent, ReturnType<typeof recipientsOrAmbiguous>, boolean])[] = [
    ['a PING', ping, expected, true],
    ['a command', command, expected, true],
    ["Webhook Events' PING", eventPing, expected, true],
    ['an event', event, expected, false],
    [
      'an application that is a number',
      sent({ application_id: Number(APP.slice(0, 15)), type: 1 }),
      [{ application: APP.slice(0, 15) }],
      true,
    ],
    ['an application that is no id', sent({ application_id: 1.5, type: 1 }), [], true],
    ['an empty application', sent({ application_id: '', type: 1 }), [], true],
    ['no application', sent({ type: 1 }), [], true],
    ['no body', { headers: SIGNED }, [], true],
  ];
  for (const [name, request, attributes, waits] of cases) {
    it(`names its application: ${name}`, () =>
      assert.deepEqual(recipientsOrAmbiguous(discord, request), attributes));
    it(`${waits ? 'waits for the answer itself' : 'is only taken'}: ${name}`, () => {
      assert.equal(isSynchronous(discord, request), waits);
    });
    it(`is never answered here: ${name}`, () => assert.equal(isAnsweredHere(discord, request), false));
    it(`is nobody's but a claimed application's: ${name}`, () => {
      assert.equal(unmatchedStatus(discord, request), 'the 404');
    });
  }

  it('is recognised by its signature', () => {
    assert.deepEqual(recognition(discord, command), [true, true]);
    assert.deepEqual(recognition(discord, sent({})), [true, true]);
    assert.deepEqual(recognition(discord, json({ application_id: APP, type: 1 })), [false, false]);
    assert.deepEqual(discord.headFields, []);
  });

  it('waits three seconds', () => assert.equal(discord.deadline(headOf(command), null), 3000));
});
