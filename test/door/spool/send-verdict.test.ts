import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readRetryAfter, type SendOutcome, verdictOf } from '../../../src/door/spool/send-verdict.ts';

const RULES = {
  tries: 3,
  firstPause: 100,
  longestPause: 300,
  firstUnsent: 20,
  longestUnsent: 80,
  longestAsked: 5000,
};
const NOW = 1_000_000;

function answered(status: number, retryAfter: string | null = null): SendOutcome {
  return { kind: 'answered', status, retryAfter };
}

function said(outcome: SendOutcome, tries = 1, random = 0, unsent = 0): string {
  const verdict = verdictOf(outcome, { tries, unsent }, NOW, random, RULES);
  if (verdict.kind === 'again') return `in ${verdict.at - NOW}`;
  return verdict.kind === 'dead' ? `dead: ${verdict.end}` : verdict.kind;
}

describe('what becomes of a delivery', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['200 delivers it', said(answered(200)), 'delivered'],
    ['202 too', said(answered(202)), 'delivered'],
    ['299 too', said(answered(299)), 'delivered'],
    ['400 ends it', said(answered(400)), 'dead: refused'],
    ['404 ends it', said(answered(404)), 'dead: refused'],
    ['a redirect ends it: nobody follows it', said(answered(302)), 'dead: refused'],
    ['429 comes again', said(answered(429)), 'in 50'],
    ['500 comes again', said(answered(500)), 'in 50'],
    ['599 comes again', said(answered(599)), 'in 50'],
    ['a broken connection too', said({ kind: 'broken', code: 'ECONNRESET' }), 'in 50'],
    ['later each time', said(answered(503), 2), 'in 100'],
    ['by chance up to twice that', said(answered(503), 2, 0.999), 'in 200'],
    ['as often as it may', said(answered(503), 3), 'dead: tries'],
    ['no connection is no try', said({ kind: 'unsent', code: 'ECONNREFUSED' }, 3, 0, 1), 'in 10'],
    ['but comes ever later, to a bound', said({ kind: 'unsent', code: 'ECONNREFUSED' }, 3, 0, 40), 'in 40'],
    ['the gateway says when', said(answered(429, '2')), 'in 2000'],
    ['never sooner than it would', said(answered(503, '0')), 'in 50'],
    ['to a bound', said(answered(503, '3600')), 'in 5000'],
    ['as a date too', said(answered(503, new Date(NOW + 4000).toUTCString())), 'in 4000'],
  ];
  for (const [name, actual, expected] of cases) it(name, () => assert.equal(actual, expected));

  it('an unreadable Retry-After counts as none', () => {
    for (const value of [null, '', 'soon', '-1', '1.5x', new Date(NOW - 5000).toUTCString()]) {
      assert.equal(readRetryAfter(value, NOW), 0, String(value));
    }
  });
});
