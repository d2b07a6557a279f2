import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { platforms } from '../../../src/routing/platforms/index.ts';
import { form, json } from '../support.ts';
import { bodyOf, headOf, type Sent } from './platform-calls.ts';

/** Those whose mark is in the head; where there is none, those whose shape the body has. */
function claimants(sent: Sent): readonly string[] {
  const head = headOf(sent);
  const marked = platforms.filter((platform) => platform.recognises(head) === true);
  if (marked.length > 0 || sent.body === undefined) return marked.map(({ name }) => name);
  return platforms
    .filter((platform) => platform.recognises(head) === 'needs body')
    .filter((platform) => platform.recognises(head, bodyOf(platform, sent) ?? undefined) === true)
    .map(({ name }) => name);
}

const chatToken = ['{"alg":"RS256"}', '{"iss":"chat@system.gserviceaccount.com","aud":"100000000001"}']
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');

const chatEvent = { type: 'MESSAGE', space: { name: 'spaces/INVENTED' }, message: { name: 'x' }, user: {} };
const hub = { 'x-hub-signature-256': 'sha256=00ff' };

/** A request of each, with as much of what others might take for theirs as it really has. */
const samples: readonly (readonly [string, Sent, readonly string[]])[] = [
  ['Telegram', json({ update_id: 1 }, { 'x-telegram-bot-api-secret-token': 'invented' }), ['telegram']],
  [
    'Discord',
    json(
      { version: 1, type: 1, id: '1', application_id: '1', token: 'invented', channel_id: '1' },
      { 'x-signature-ed25519': '00', 'x-signature-timestamp': '1' },
    ),
    ['discord'],
  ],
  ['LINE', json({ destination: 'U0', events: [{ type: 'message' }] }, { 'x-line-signature': 'x' }), ['line']],
  [
    'Twilio, in a form',
    form({ To: '+15550100001', From: '+15550100002', Body: 'x' }, { 'x-twilio-signature': 'x' }),
    ['twilio'],
  ],
  [
    'Twilio, in a query',
    { method: 'GET', query: 'To=%2B15550100001', headers: { 'x-twilio-signature': 'x' } },
    ['twilio'],
  ],
  ['Google Chat', json(chatEvent, { authorization: `Bearer ${chatToken}.x` }), ['google-chat']],
  ['WhatsApp', json({ object: 'whatsapp_business_account', entry: [{ id: '1' }] }, hub), ['whatsapp']],
  ['Messenger', json({ object: 'page', entry: [{ id: '1', messaging: [] }] }, hub), ['messenger']],
  ['Instagram', json({ object: 'instagram', entry: [{ id: '1', messaging: [] }] }, hub), ['instagram']],
  [
    "Meta, whose subscription names no product's",
    { method: 'GET', query: 'hub.mode=subscribe&hub.challenge=1&hub.verify_token=invented' },
    ['whatsapp', 'messenger', 'instagram'],
  ],
  ['nobody', json({ hello: 'world' }), []],
];

describe('a request is that of one sender alone', () => {
  for (const [name, sent, expected] of samples) {
    it(name, () => assert.deepEqual([...claimants(sent)].sort(), [...expected].sort()));
  }
});
