import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { graph } from '../../../../src/routing/platforms/microsoft/graph.ts';
import { bodyOf, type Fields, headOf, isRecognised, json, recipients, type Sent } from '../platform-calls.ts';

const ONE = 'aaaaaaaa-0000-0000-0000-000000000001';
const TWO = 'bbbbbbbb-0000-0000-0000-000000000002';
const TENANT = 'dddddddd-0000-0000-0000-000000000004';

function change(subscriptionId: unknown, clientState?: unknown): object {
  return {
    subscriptionId,
    clientState,
    changeType: 'created',
    tenantId: TENANT,
    resource: 'users/invented/messages/invented',
    resourceData: { id: 'invented' },
  };
}

function lifecycle(subscriptionId: string, clientState: string): object {
  return {
    subscriptionId,
    clientState,
    tenantId: TENANT,
    subscriptionExpirationDateTime: '2030-01-01T00:00:00Z',
    lifecycleEvent: 'reauthorizationRequired',
  };
}

describe('the bot that a Graph request is for', () => {
  const cases: readonly (readonly [string, unknown, readonly Fields[]])[] = [
    [
      'a notification',
      { value: [change(ONE, 'invented-state')] },
      [{ subscription: ONE, client_state: 'invented-state' }],
    ],
    [
      'a notification without a client state, its id in another case',
      { value: [change(ONE.toUpperCase(), null)] },
      [{ subscription: ONE }],
    ],
    [
      'a lifecycle notification',
      { value: [lifecycle(ONE, 'invented-state')], validationTokens: ['invented'] },
      [{ subscription: ONE, client_state: 'invented-state' }],
    ],
    [
      'a batch for several subscriptions, each once',
      { value: [change(ONE, 'a'), change(TWO, 'b'), change(ONE, 'a'), change(ONE.toUpperCase(), 'a')] },
      [
        { subscription: ONE, client_state: 'a' },
        { subscription: TWO, client_state: 'b' },
      ],
    ],
    [
      'a subscription with two client states is two',
      { value: [change(ONE, 'a'), change(ONE, 'A'), change(ONE)] },
      [
        { subscription: ONE, client_state: 'a' },
        { subscription: ONE, client_state: 'A' },
        { subscription: ONE },
      ],
    ],
    [
      'a notification in a batch that names nobody is not passed over',
      { value: [change(ONE, 'a'), change(1), 'x', {}] },
      [{ subscription: ONE, client_state: 'a' }, {}],
    ],
    ['an empty batch', { value: [] }, []],
    ['no batch', { value: {} }, []],
  ];
  for (const [name, body, expected] of cases) {
    it(name, () => assert.deepEqual(recipients(graph, json(body)), expected));
  }

  it('is none if it asks for validation, whatever else it holds', () => {
    const batch = json({ value: [change(ONE, 'a')] });
    assert.deepEqual(recipients(graph, { ...batch, query: 'validationToken=x' }), []);
    assert.deepEqual(recipients(graph, { ...batch, query: 'validationtoken=x' }), []);
    for (const again of ['validationToken', 'validationtoken', 'ValidationToken']) {
      assert.ok('ambiguous' in recipients(graph, { ...batch, query: `validationToken=x&${again}=y` }));
    }
  });

  it('is said by a secret where it is a client state', () => {
    assert.deepEqual(graph.secretFields, ['client_state']);
  });
});

describe('a Graph request', () => {
  const cases: readonly (readonly [string, Sent, boolean])[] = [
    ['a notification', json({ value: [change(ONE)] }), true],
    ['a batch that names somebody somewhere', json({ value: [{}, change(ONE)] }), true],
    ['a validation', { query: 'validationToken=x', headers: { 'content-type': 'text/plain' } }, true],
    ['a validation as SharePoint writes it', { query: 'bot=one&validationtoken=x' }, true],
    ['a validation in capitals', { query: 'VALIDATION%54OKEN=x' }, true],
    ['a validation that is a GET', { method: 'GET', query: 'validationToken=x' }, false],
    ['a list of something else', json({ value: [{ id: 'x' }] }), false],
    ['a subscription outside of a list', json({ subscriptionId: ONE, value: [] }), false],
    ['a value that is no list', json({ value: change(ONE) }), false],
  ];
  for (const [name, sent, expected] of cases) {
    it(`is ${expected ? '' : 'not '}recognised: ${name}`, () =>
      assert.equal(isRecognised(graph, sent), expected));
  }

  it('is repeated for hours if no profile claims it', () => {
    const sent = json({ value: [change(ONE)] });
    assert.equal(graph.unmatched(headOf(sent), bodyOf(graph, sent)), undefined);
    assert.equal(graph.deadline(headOf(sent), bodyOf(graph, sent)), 10_000);
    assert.equal(graph.synchronous(headOf(sent), bodyOf(graph, sent)), false);
    assert.equal(graph.synchronous(headOf({ query: 'validationToken=x' }), null), true);
  });
});

describe("Graph's validation of a URL", () => {
  const answer = (query: string) => graph.handshake(headOf({ query }), null);

  it('is answered with the decoded token, as plain text', () => {
    assert.deepEqual(answer('bot=one&validationToken=Validation%3a+Invented+Request-Id%3A%201%2B2'), {
      status: 200,
      contentType: 'text/plain; charset=utf-8',
      body: 'Validation: Invented Request-Id: 1+2',
    });
  });

  it('is not answered with what could be more than a token', () => {
    const refused = [
      'validationToken=%3Cscript%3E',
      'validationToken=a%0d%0ab',
      'validationToken=%C3%BC',
      'validationToken=%ff',
      'validationToken=%zz',
      `validationToken=${'x'.repeat(1025)}`,
      'validationToken=',
      'validationToken=a&validationToken=b',
      'validationtoken=a&validationToken=a',
      'validation_token=a',
      '',
    ];
    for (const query of refused) assert.equal(answer(query), undefined, query);
    assert.equal(graph.handshake(headOf({ method: 'GET', query: 'validationToken=a' }), null), undefined);
  });
});

describe("a Graph route's value", () => {
  it('compares a subscription without case, and a client state by the letter', () => {
    assert.equal(graph.normalise('subscription', ONE.toUpperCase()), ONE);
    assert.equal(graph.normalise('subscription', 'Not-A-Guid'), 'Not-A-Guid');
    assert.equal(graph.normalise('client_state', ONE.toUpperCase()), ONE.toUpperCase());
  });
});
