import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Platform } from '../../../../src/routing/platform.ts';
import { FORM_TYPE, json } from '../../support.ts';
import {
  headOf,
  isAnsweredHere,
  isSynchronous,
  recipientsOrAmbiguous,
  recognition,
  type Sent,
  unmatchedStatus,
} from '../platform-calls.ts';

/** A notification as Meta sends it: signed, which says nothing of the product. */
export function notification(object: string, ...entries: readonly unknown[]): Sent {
  return json({ object, entry: entries }, { 'x-hub-signature-256': 'sha256=00ff' });
}

function get(query: string): Sent {
  return { method: 'GET', query };
}

const TRIAL = 'hub.mode=subscribe&hub.challenge=100001&hub.verify_token=invented-token';

/** What holds for each of Meta's products alike. */
export function describeCommon(platform: Platform, object: string): void {
  const claimed = [{ verify_token: 'invented-token' }];

  describe(`the GET that subscribes a URL to ${platform.name}`, () => {
    const trials: readonly (readonly [string, string, ReturnType<typeof recipientsOrAmbiguous>])[] = [
      ['as Meta sends it', TRIAL, claimed],
      ['in another order', 'hub.verify_token=invented-token&hub.mode=subscribe', claimed],
      ["behind the URL's own query", `bot=1&${TRIAL}`, claimed],
      ['percent-encoded', 'hub%2Emode=subscribe&hub%2everify_token=invented%2Dtoken', claimed],
      ['with an empty token', 'hub.mode=subscribe&hub.verify_token=', []],
      ['with two tokens', `${TRIAL}&hub.verify_token=another`, 'ambiguous'],
      ['with two tokens, one in brackets', `${TRIAL}&hub.verify_token[]=another`, 'ambiguous'],
      ["with a raw ';'", `${TRIAL};hub.verify_token=another`, 'ambiguous'],
      ['with a broken escape', `${TRIAL}%2`, 'ambiguous'],
    ];
    for (const [name, query, expected] of trials) {
      it(`is recognised by its query: ${name}`, () => {
        assert.deepEqual(recognition(platform, get(query)), [true]);
        assert.deepEqual(recipientsOrAmbiguous(platform, get(query)), expected);
      });
    }

    const others: readonly (readonly [string, Sent])[] = [
      ['another method', { ...get(TRIAL), method: 'POST' }],
      ['HEAD', { ...get(TRIAL), method: 'HEAD' }],
      ['another mode', get('hub.mode=denied&hub.verify_token=x')],
      ['no mode', get('hub.challenge=1&hub.verify_token=x')],
      ['no token', get('hub.mode=subscribe&hub.challenge=1')],
      ["a WebSub hub's", get(`${TRIAL}&hub.topic=https%3A%2F%2Ffeeds.example%2F`)],
      ['an odd query of somebody else', get('github=1;x=2')],
      ['no query', get('')],
    ];
    for (const [name, request] of others) {
      it(`is no other: ${name}`, () => assert.notEqual(recognition(platform, request)[0], true));
    }

    it('is recognised by its query all the same where it has a body', () => {
      const sent = { ...notification(object, { id: '1' }), ...get(TRIAL) };
      assert.deepEqual(recognition(platform, sent), [true, true]);
      assert.deepEqual(recipientsOrAmbiguous(platform, sent), claimed);
    });

    it('is answered by the gateway that knows the token, else with 403', () => {
      assert.equal(isAnsweredHere(platform, get(TRIAL)), false);
      assert.equal(isSynchronous(platform, get(TRIAL)), true);
      assert.equal(unmatchedStatus(platform, get(TRIAL)), 403);
    });

    it('has a route by the head alone, and a secret one', () => {
      assert.equal(platform.family, 'meta');
      assert.deepEqual(platform.headFields, ['verify_token']);
      assert.deepEqual(platform.secretFields, ['verify_token']);
      assert.equal(platform.fields.at(-1), 'verify_token');
    });
  });

  describe(`a notification of ${platform.name}`, () => {
    const own = notification(object, { id: '1' });
    const entry = [{ id: '1' }];
    const shapes: readonly (readonly [string, Sent, readonly (boolean | 'needs body')[]])[] = [
      ['its own', own, ['needs body', true]],
      ['without entries', notification(object), ['needs body', true]],
      ['with a query', { ...own, query: TRIAL }, ['needs body', true]],
      ['without a list of entries', json({ object, entry: {} }), ['needs body', false]],
      ['without entries at all', json({ object }), ['needs body', false]],
      ['of no product', json({ entry }), ['needs body', false]],
      ['of a page of permissions', json({ object: 'permissions', entry }), ['needs body', false]],
      ['of a list', json([{ object, entry }]), ['needs body', false]],
      ["GitHub's", json({ action: 'opened' }, { 'x-hub-signature-256': 'x' }), ['needs body', false]],
      ['in a PUT', { ...own, method: 'PUT' }, [false, false]],
      ['in a form', { headers: { 'content-type': FORM_TYPE }, body: `object=${object}` }, [false, false]],
      ['in text', { headers: { 'content-type': 'text/plain' } }, [false]],
    ];
    for (const [name, request, expected] of shapes) {
      it(`is recognised by its body: ${name}`, () =>
        assert.deepEqual(recognition(platform, request), expected));
    }

    for (const other of ['whatsapp_business_account', 'page', 'instagram'].filter((one) => one !== object)) {
      it(`is none of ${other}`, () => {
        assert.deepEqual(recognition(platform, notification(other, { id: '1' })), ['needs body', false]);
      });
    }

    it('names nobody without entries, or without a body', () => {
      assert.deepEqual(recipientsOrAmbiguous(platform, notification(object)), []);
      assert.deepEqual(recipientsOrAmbiguous(platform, {}), []);
    });

    it('is taken if no profile claims it, so that its app keeps its subscription', () => {
      assert.equal(unmatchedStatus(platform, own), 200);
      assert.equal(isAnsweredHere(platform, own), false);
      assert.equal(isSynchronous(platform, own), false);
      assert.equal(platform.deadline(headOf(own), null), 20_000);
    });
  });
}
