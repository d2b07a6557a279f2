import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { googleChat } from '../../../src/routing/platforms/google-chat.ts';
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

const CHAT = 'chat@system.gserviceaccount.com';
const GOOGLE = 'https://accounts.google.com';
const ADD_ON = 'service-100000000001@gcp-sa-gsuiteaddons.iam.gserviceaccount.com';
const URL_AUDIENCE = 'https://bots.example.com/chat';

const event = { type: 'MESSAGE', space: { name: 'spaces/INVENTED' }, message: { text: 'hello' } };

function sent(claims: object): Sent {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return json(event, { authorization: `Bearer ${part({ alg: 'RS256' })}.${part(claims)}.c2ln` });
}

describe('a request of Google Chat', () => {
  const own: readonly (readonly [string, object, string])[] = [
    ["by the project's number", { iss: CHAT, aud: '100000000001' }, '100000000001'],
    ["by the endpoint's URL", { iss: GOOGLE, email: CHAT, aud: URL_AUDIENCE }, URL_AUDIENCE],
    ['by the URL, of an add-on', { iss: GOOGLE, email: ADD_ON, aud: URL_AUDIENCE }, URL_AUDIENCE],
    ["by Google's short name", { iss: 'accounts.google.com', email: CHAT, aud: URL_AUDIENCE }, URL_AUDIENCE],
  ];
  for (const [name, claims, audience] of own) {
    it(`is told, and its app, by its token: ${name}`, () => {
      assert.deepEqual(recognition(googleChat, sent(claims)), [true, true]);
      assert.deepEqual(recipientsOrAmbiguous(googleChat, sent(claims)), [{ audience }]);
    });
  }

  it('names its app by a URL in any of its spellings', () => {
    const spellings = [
      URL_AUDIENCE,
      `${URL_AUDIENCE}/`,
      URL_AUDIENCE.replace('https://', 'HTTPS://'),
      URL_AUDIENCE.replace(/^(https:\/\/[^/]+)/, (origin) => origin.toUpperCase()),
      URL_AUDIENCE.replace(/^(https:\/\/[^/]+)/, '$1:443'),
    ];
    for (const aud of spellings) {
      assert.equal(googleChat.normalise('audience', aud), URL_AUDIENCE, aud);
      assert.deepEqual(recipientsOrAmbiguous(googleChat, sent({ iss: CHAT, aud })), [
        { audience: URL_AUDIENCE },
      ]);
    }
    for (const aud of [
      `${URL_AUDIENCE}x`,
      `${URL_AUDIENCE}:8443`,
      URL_AUDIENCE.replace('https', 'http'),
      '100000000001',
    ]) {
      assert.equal(googleChat.normalise('audience', aud), aud);
    }
  });

  const nobody: readonly (readonly [string, object])[] = [
    ['no audience', { iss: CHAT }],
    ['an empty audience', { iss: CHAT, aud: '' }],
    ['a list of audiences', { iss: CHAT, aud: ['100000000001'] }],
    ['a number', { iss: CHAT, aud: 100000000001 }],
  ];
  for (const [name, claims] of nobody) {
    it(`names nobody with ${name}, and is nobody else's`, () => {
      assert.deepEqual(recognition(googleChat, sent(claims)), [true, true]);
      assert.deepEqual(recipientsOrAmbiguous(googleChat, sent(claims)), []);
    });
  }

  const others: readonly (readonly [string, Sent])[] = [
    ['Bot Framework', sent({ iss: 'https://api.botframework.com', aud: 'app' })],
    ['a tenant of Entra', sent({ iss: 'https://login.microsoftonline.com/t/v2.0', aud: 'app' })],
    ['Pub/Sub', sent({ iss: GOOGLE, email: 'push@project.iam.gserviceaccount.com', aud: URL_AUDIENCE })],
    ['a Google account', sent({ iss: GOOGLE, aud: URL_AUDIENCE })],
    ['an address that only ends alike', sent({ iss: GOOGLE, email: `x${ADD_ON}`, aud: URL_AUDIENCE })],
    ['an address that only begins alike', sent({ iss: GOOGLE, email: `${ADD_ON}.example`, aud: 'x' })],
    ['somebody who names Chat', sent({ iss: 'https://issuer.example', email: CHAT, aud: 'x' })],
    ['no token', json(event)],
    ['an opaque token', json(event, { authorization: 'Bearer invented' })],
    ['another scheme', json(event, { authorization: 'Basic aW52ZW50ZWQ6eA==' })],
  ];
  for (const [name, request] of others) {
    it(`is not one of ${name}`, () => {
      assert.deepEqual(recognition(googleChat, request), [false, false]);
      assert.deepEqual(recipientsOrAmbiguous(googleChat, request), []);
    });
  }

  it('needs no body for its route', () => {
    assert.deepEqual(googleChat.headFields, googleChat.fields);
    assert.deepEqual(googleChat.reads.json, []);
  });

  it('waits half a minute for the answer itself, and is answered 404 if no profile claims it', () => {
    const request = sent({ iss: CHAT, aud: '100000000001' });
    assert.equal(googleChat.deadline(headOf(request), null), 30_000);
    assert.equal(isSynchronous(googleChat, request), true);
    assert.equal(isAnsweredHere(googleChat, request), false);
    assert.equal(unmatchedStatus(googleChat, request), 'the 404');
  });
});
