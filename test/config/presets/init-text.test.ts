import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathInComment, profileNames } from '../../../src/config/presets/init-text.ts';

test("a profile never gets the name that is reserved for gwproxy's own log", () => {
  assert.deepEqual(profileNames(['gwproxy', 'ops', 'ops'], 'bot'), ['gwproxy-2', 'ops', 'ops-2']);
});

test('a path in a comment shows no part that may be a secret', () => {
  assert.equal(pathInComment('/telegram/123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw'), '/telegram/***');
  assert.equal(pathInComment('/hook/hunter2secretpath'), '/hook/***');
  assert.equal(pathInComment('/webhooks/twilio'), '/webhooks/twilio');
});
