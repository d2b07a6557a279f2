import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TextSearch } from '../../../src/supervisor/process/text-search.ts';

const filler = fc.constantFrom('a', 'ab', '\n', 'abc\n', 'abca', 'bca', 'x'.repeat(4090), 'é');

test('a text is found wherever the output is cut, and only within the first 4096 bytes of a line', () => {
  fc.assert(
    fc.property(
      fc.array(filler, { maxLength: 12 }),
      fc.array(fc.nat(30_000), { maxLength: 6 }),
      (parts, cuts) => {
        const output = Buffer.from(parts.join(''));
        const places = [0, ...cuts.map((cut) => cut % (output.length + 1)), output.length].sort(
          (a, b) => a - b,
        );
        const search = new TextSearch();
        const found = places
          .slice(1)
          .some((end, index) => search.push(output.subarray(places[index], end), 'abca'));
        const lines = output.toString('latin1').split('\n');
        assert.equal(
          found,
          lines.some((line) => line.slice(0, 4096).includes('abca')),
        );
      },
    ),
  );
});
