import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { MOST_FIELDS, readForm } from '../../../src/routing/body/form.ts';

const WANTED = new Set(['team_id', 'payload', 'é']);

function read(body: string | Buffer): Readonly<Record<string, string>> | string {
  const form = readForm(Buffer.from(body), WANTED);
  if (form.outcome !== 'read') return form.outcome;
  return Object.fromEntries([...form.values].map(([name, value]) => [name, value.toString()]));
}

describe('a form', () => {
  const cases: readonly (readonly [string | Buffer, Readonly<Record<string, string>> | string])[] = [
    ['', {}],
    ['&&', {}],
    ['team_id=T0AAAAAAA1', { team_id: 'T0AAAAAAA1' }],
    ['a=1&team_id=T0AAAAAAA1&b=2&', { team_id: 'T0AAAAAAA1' }],
    ['team%5fid=T%30&payload=%7B%22a%22%3A+1%7D', { team_id: 'T0', payload: '{"a": 1}' }],
    ['%C3%A9=%e2%82%ac', { é: '€' }],
    ['é=€', { é: '€' }],
    ['team_id', { team_id: '' }],
    ['team_id=', { team_id: '' }],
    ['team_id=a=b', { team_id: 'a=b' }],
    ['=x', {}],
    ['TEAM_ID=x', {}],
    ['xteam_id=x&team_idx=x', {}],
    ['other=%zz&team_id=x', { team_id: 'x' }],
    ['other=%ff&team_id=x', { team_id: 'x' }],
    ['a=1&a=2&team_id=x', { team_id: 'x' }],
    ['text[]=1&team_id=x', { team_id: 'x' }],
    ['team_id=x&team_id=x', 'ambiguous'],
    ['team_id=&team_id=x', 'ambiguous'],
    ['team_id=x&team%5Fid=y', 'ambiguous'],
    ['team_id=x&team_id[]=y', 'ambiguous'],
    ['team_id%5B0%5D=y', 'ambiguous'],
    ['text=a;team_id=y', 'ambiguous'],
    ['team_id=%', 'invalid'],
    ['team_id=%4', 'invalid'],
    ['team_id=%4g', 'invalid'],
    ['te%am_id=x', 'invalid'],
    ['team_id=%ff', 'invalid'],
    ['team_id=%ed%a0%80', 'invalid'],
    ['team_id=a%00', 'invalid'],
    ['team_id=a\0', 'invalid'],
    [Buffer.from([...Buffer.from('team_id='), 0xff]), 'invalid'],
    ['\ufeffteam_id=x', 'invalid'],
    ['{"team_id":"x"}', 'invalid'],
    ['[]', 'invalid'],
    [`${'x'.repeat(2000)}=1`, 'invalid'],
    [`${'a=1&'.repeat(MOST_FIELDS - 1)}team_id=x`, { team_id: 'x' }],
    [`${'a=1&'.repeat(MOST_FIELDS)}team_id=x`, 'invalid'],
  ];
  for (const [body, expected] of cases) {
    it(`reads ${JSON.stringify(body.toString().slice(0, 50))} as ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(read(body), expected);
    });
  }

  it('reads what URLSearchParams reads, wherever it reads at all', () => {
    const piece = fc.constantFrom(
      'team_id',
      'payload',
      '=',
      '&',
      '+',
      '%',
      '%5f',
      '%C3%A9',
      'é',
      '%00',
      'x',
      '[',
      ']',
      '%zz',
      'team%5Fid',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
        const body = pieces.join('');
        const values = read(body);
        if (typeof values === 'string') return;
        const expected = new URLSearchParams(`&${body}`);
        for (const name of WANTED) {
          assert.deepEqual(name in values ? [values[name]] : [], expected.getAll(name), body);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('reads any fields that URLSearchParams wrote', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((value) => !value.includes('\0'));
    fc.assert(
      fc.property(text, text, fc.array(fc.tuple(text, text), { maxLength: 5 }), (team, payload, others) => {
        const rest = others.filter(([name]) => !name.includes('[') && !WANTED.has(name));
        const fields: [string, string][] = [...rest, ['team_id', team], ['payload', payload]];
        assert.deepEqual(read(new URLSearchParams(fields).toString()), { team_id: team, payload });
      }),
    );
  });
});
