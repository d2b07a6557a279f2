import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from '../../src/routing/body/inspect.ts';
import type { Match } from '../../src/routing/match.ts';
import { matchHead } from '../../src/routing/match.ts';
import { head, keyRoute, pathRoute, tableOf } from './support.ts';

const HOOK = {
  'x-github-event': 'issues',
  'x-github-delivery': 'of-a-test',
  'x-github-hook-id': '101',
};

function byHead(): Match {
  const table = tableOf(keyRoute('hooks', 'github', { hook: '101' }));
  const outcome = matchHead(table, head({ headers: HOOK }));
  assert.ok(outcome.kind === 'match');
  return outcome;
}

function orderKey(contentType: string | undefined, body: string): string | undefined {
  const { withBody } = byHead();
  assert.ok(withBody !== null);
  const type = { contentType, contentEncoding: undefined };
  const match = withBody.match(inspect(type, Buffer.from(body), withBody.reads));
  assert.equal(match?.profile, 'hooks');
  assert.equal(match?.facts?.().spoolable, true);
  return match?.facts?.().orderKey;
}

describe('a match that the head alone decided', () => {
  it('does not know what is in the body', () => {
    assert.equal(byHead().facts?.().orderKey, undefined);
  });

  it('learns it of a body that was read all the same', () => {
    const body = JSON.stringify({ repository: { full_name: 'A/b' } });
    assert.equal(orderKey('application/json', body), 'a/b');
    const form = new URLSearchParams({ payload: body }).toString();
    assert.equal(orderKey('application/x-www-form-urlencoded', form), 'a/b');
  });

  it('stays as it is where the body cannot be read, or in two ways', () => {
    for (const [type, body] of [
      ['application/json', '{'],
      ['application/json', '{"repository":{"full_name":"a/b","full_name":"c/d"}}'],
      ['text/plain', 'x'],
      ['application/json; charset=utf-16', '{}'],
      [undefined, '{}'],
    ] as const) {
      assert.equal(orderKey(type, body), undefined, `${type} ${body}`);
    }
  });

  it('has nothing to learn where no platform knows its sender', () => {
    const outcome = matchHead(tableOf(pathRoute('site')), head({}));
    assert.ok(outcome.kind === 'match');
    assert.equal(outcome.withBody, null);
  });
});
