import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { github } from '../../../src/routing/platforms/github.ts';
import { type Fields, form, headOf, isRecognised, json, recipients, type Sent } from './platform-calls.ts';

const DELIVERY = {
  'x-github-event': 'issues',
  'x-github-delivery': '00000000-0000-0000-0000-000000000001',
  'x-github-hook-id': '100000001',
};
const OF_APP = {
  ...DELIVERY,
  'x-github-hook-installation-target-type': 'integration',
  'x-github-hook-installation-target-id': '200001',
};
const OF_REPOSITORY = {
  ...DELIVERY,
  'x-github-hook-installation-target-type': 'repository',
  'x-github-hook-installation-target-id': '300001',
};

const issue = {
  action: 'opened',
  issue: { number: 1 },
  repository: { id: 300001, full_name: 'Example-Org/Example' },
  installation: { id: 40000001 },
};

describe('the bot that a GitHub request is for', () => {
  const whole = {
    app: '200001',
    installation: '40000001',
    repository: 'example-org/example',
    hook: '100000001',
  };
  const cases: readonly (readonly [string, Sent, readonly Fields[]])[] = [
    ["an app's event", json(issue, OF_APP), [whole]],
    ["an app's event as a form", form({ payload: JSON.stringify(issue) }, OF_APP), [whole]],
    [
      "a repository's hook names no app: its target is the repository",
      json({ ...issue, installation: undefined }, OF_REPOSITORY),
      [{ repository: 'example-org/example', hook: '100000001' }],
    ],
    [
      "an app's ping names no installation",
      json({ zen: 'Invented.', hook_id: 100000001, hook: { app_id: 200001 } }, OF_APP),
      [{ app: '200001', hook: '100000001' }],
    ],
    [
      'an installation that is a string',
      json({ installation: { id: '40000001' } }, DELIVERY),
      [{ installation: '40000001', hook: '100000001' }],
    ],
    [
      'an installation that is no number',
      json({ installation: { id: 'forty' } }, DELIVERY),
      [{ hook: '100000001' }],
    ],
    ['an installation of null', json({ installation: null }, DELIVERY), [{ hook: '100000001' }]],
    [
      'a number that only some read as whole',
      { headers: { 'content-type': 'application/json', ...DELIVERY }, body: '{"installation":{"id":4e7}}' },
      [{ hook: '100000001' }],
    ],
    [
      'a number beyond what JavaScript counts to, by its digits',
      {
        headers: { 'content-type': 'application/json', ...DELIVERY },
        body: '{"installation":{"id":90071992547409931}}',
      },
      [{ installation: '90071992547409931', hook: '100000001' }],
    ],
    [
      'headers that hold no ids',
      json({}, { ...OF_APP, 'x-github-hook-id': 'x', 'x-github-hook-installation-target-id': '' }),
      [],
    ],
  ];
  for (const [name, sent, expected] of cases) {
    it(name, () => assert.deepEqual(recipients(github, sent), expected));
  }

  it('is said by the head alone as far as app and hook go', () => {
    assert.deepEqual(github.deliveries(headOf({ headers: OF_APP }), null), [
      { platform: 'github', fields: { app: '200001', hook: '100000001' } },
    ]);
    assert.deepEqual(github.headFields, ['app', 'hook']);
  });
});

describe('a GitHub request', () => {
  const cases: readonly (readonly [string, Sent, boolean])[] = [
    ['an event', json(issue, { 'x-github-event': 'issues' }), true],
    ['an event as a form', form({ payload: '{}' }, { 'x-github-event': 'issues' }), true],
    ['a delivery id alone', json({}, { 'x-github-delivery': 'x' }), true],
    ['a signature that Meta sends too', json(issue, { 'x-hub-signature-256': 'sha256=00' }), false],
    ['a body without any header', json(issue), false],
  ];
  for (const [name, sent, expected] of cases) {
    it(`is ${expected ? '' : 'not '}recognised: ${name}`, () => {
      assert.equal(github.recognises(headOf(sent)), expected);
      assert.equal(isRecognised(github, sent), expected);
    });
  }

  it('waits 10 seconds, and shows a 404 if no profile claims it', () => {
    assert.equal(github.deadline(headOf({}), null), 10_000);
    assert.equal(github.synchronous(headOf({}), null), false);
    assert.equal(github.handshake(headOf({ headers: OF_APP }), null), undefined);
    assert.equal(github.unmatched(headOf({}), null), undefined);
  });
});

describe("a GitHub route's value", () => {
  it('compares a repository without case, and ids as they are', () => {
    assert.equal(github.normalise('repository', 'Example-Org/Example'), 'example-org/example');
    assert.equal(github.normalise('app', '200001'), '200001');
    assert.equal(github.normalise('hook', '100000001'), '100000001');
  });
});
