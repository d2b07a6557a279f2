import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostName } from '../../../src/routing/host.ts';
import { findScope } from '../../../src/routing/table/table.ts';
import { head, pathRoute, tableOf } from '../support.ts';

describe('the name in a Host header', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['bots.example.com', 'bots.example.com'],
    ['Bots.Example.COM', 'bots.example.com'],
    ['bots.example.com:8443', 'bots.example.com'],
    ['bots.example.com.', 'bots.example.com'],
    ['bots.example.com.:443', 'bots.example.com'],
    ['10.0.0.5:3978', '10.0.0.5'],
    ['[::1]', '[::1]'],
    ['[2001:DB8::1]:443', '[2001:db8::1]'],
    ['', ''],
  ];
  for (const [host, expected] of cases) {
    it(`of ${JSON.stringify(host)} is ${JSON.stringify(expected)}`, () =>
      assert.equal(hostName(host), expected));
  }
});

describe('a route of a host', () => {
  const table = tableOf(
    pathRoute('any'),
    pathRoute('any hooks', '/hooks'),
    pathRoute('one', '/bots', { host: 'one.example' }),
    pathRoute('two', '', { host: 'two.example' }),
  );
  const profile = (host: string, path: string) => findScope(table, head({ host, path }))?.pathOnly?.profile;

  it('is for that very name alone', () => {
    assert.equal(profile('one.example', '/bots/x'), 'one');
    assert.equal(profile('ONE.example:443', '/bots'), 'one');
    assert.equal(profile('x.one.example', '/bots'), 'any');
    assert.equal(profile('one.example.org', '/bots'), 'any');
    assert.equal(profile('two.example', '/hooks/x'), 'two');
  });

  it('leaves the other paths of its name to the routes of every host', () => {
    assert.equal(profile('one.example', '/hooks'), 'any hooks');
    assert.equal(profile('one.example', '/'), 'any');
  });
});
