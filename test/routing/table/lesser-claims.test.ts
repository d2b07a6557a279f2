import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { platforms } from '../../../src/routing/platforms/index.ts';
import { fate, form, json, keyRoute, type Request, tableOf } from '../support.ts';

const ACCOUNT = 'AC00000000000000000000000000000001';
const OTHER = 'AC00000000000000000000000000000002';
const SIGNED = { 'x-twilio-signature': 'AA==' };

const recording: Request = form({ AccountSid: ACCOUNT, CallSid: 'CA1', RecordingSid: 'RE1' }, { ...SIGNED });
const message: Request = form({ AccountSid: ACCOUNT, To: '+15550100' }, { ...SIGNED });
const twilio = (profile: string, fields: Readonly<Record<string, string>>) =>
  keyRoute(profile, 'twilio', fields);

describe('an event that names less than the routes', () => {
  const own = twilio('a', { to: '+15550100', account: ACCOUNT });

  it('goes to the only profile that it can be for', () => {
    assert.equal(fate(tableOf(own), recording), 'a');
    assert.equal(fate(tableOf(own, twilio('a', { to: '+15550101', account: ACCOUNT })), recording), 'a');
    assert.equal(fate(tableOf(own, twilio('b', { to: '+15550102', account: OTHER })), recording), 'a');
  });

  it('goes nowhere if two profiles have what it names', () => {
    assert.equal(
      fate(tableOf(own, twilio('b', { to: '+15550102', account: ACCOUNT })), recording),
      'unmatched 404',
    );
  });

  it('goes nowhere if another profile does not say whether it is meant', () => {
    assert.equal(fate(tableOf(own, twilio('b', { to: '+15550102' })), recording), 'unmatched 404');
    assert.equal(fate(tableOf(own, twilio('a', { to: '+15550102' })), recording), 'a');
  });

  it('goes to a route that names no more than it', () => {
    assert.equal(fate(tableOf(own, twilio('b', { account: ACCOUNT })), recording), 'b');
  });

  it('must have something of the route', () => {
    assert.equal(fate(tableOf(twilio('a', { to: '+15550100' })), recording), 'unmatched 404');
    assert.equal(fate(tableOf(own), form({ AccountSid: OTHER }, { ...SIGNED })), 'unmatched 404');
    assert.equal(fate(tableOf(own), form({ CallSid: 'CA1' }, { ...SIGNED })), 'unmatched 404');
  });

  it('is another bot’s where it names what the route does not', () => {
    assert.equal(fate(tableOf(own), message), 'a');
    assert.equal(
      fate(tableOf(own), form({ AccountSid: ACCOUNT, To: '+15550199' }, { ...SIGNED })),
      'unmatched 404',
    );
  });

  it('may be an update of a WhatsApp account, alone or beside a message', () => {
    const update = { id: 'WABA1', changes: [{ field: 'account_update', value: { event: 'invented' } }] };
    const received = { id: 'WABA1', changes: [{ value: { metadata: { phone_number_id: '101' } } }] };
    const sent = (...entry: readonly object[]) => json({ object: 'whatsapp_business_account', entry });
    const table = tableOf(keyRoute('a', 'whatsapp', { phone_number: '101', account: 'WABA1' }));
    assert.equal(fate(table, sent(update)), 'a');
    assert.equal(fate(table, sent(received, update)), 'a');
  });

  it('never lacks a field that narrows a route', () => {
    const narrowing = platforms.flatMap(({ name, optionalFields }) =>
      optionalFields.map((field) => `${name} ${field}`),
    );
    assert.deepEqual(narrowing, ['twilio to', 'wecom agent', 'whatsapp phone_number']);
  });

  it('is never a profile’s while a route of another is not contradicted by it', () => {
    const value = (...texts: readonly string[]) => fc.option(fc.constantFrom(...texts), { nil: undefined });
    const route = fc
      .record({ profile: fc.constantFrom('a', 'b', 'c'), to: value('1', '2', '3'), account: value('x', 'y') })
      .filter(({ to, account }) => to !== undefined || account !== undefined);
    const claims = fc.uniqueArray(route, { maxLength: 6, selector: ({ to, account }) => `${to} ${account}` });
    fc.assert(
      fc.property(claims, fc.constantFrom('x', 'y'), (routes, account) => {
        const made = routes.map(({ profile, to, account: of }) =>
          twilio(profile, { ...(to !== undefined && { to }), ...(of !== undefined && { account: of }) }),
        );
        if (made.length === 0) return;
        const event = form({ AccountSid: account }, { ...SIGNED });
        const exact = routes.find((one) => one.to === undefined && one.account === account);
        const possible = new Set(
          routes
            .filter((one) => one.account === undefined || one.account === account)
            .map(({ profile }) => profile),
        );
        const named = routes.some((one) => one.account === account);
        const [only] = possible;
        const expected = exact?.profile ?? (possible.size === 1 && named ? only : 'unmatched 404');
        assert.equal(fate(tableOf(...made), event), expected);
      }),
    );
  });
});
