import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMarks } from '../../../src/supervisor/run/marks.ts';
import { generationIn, isOfAnotherRun, profileIn } from '../../../src/supervisor/tree/mark.ts';

const name = fc.constantFrom('alpha', 'beta', 'inbox-triage');
const generation = fc.nat();

test('a mark is of its own profile and run alone, and is the same each time', () => {
  const [marks, others] = [createMarks(), createMarks()];
  fc.assert(
    fc.property(name, generation, name, (profile, number, other) => {
      const mark = marks.of(profile, number);
      assert.equal(mark, marks.of(profile, number));
      assert.ok(mark.startsWith(marks.prefix));
      assert.deepEqual([profileIn(mark), generationIn(mark)], [profile, number]);
      assert.equal(marks.isOf(other, mark), other === profile);
      assert.equal(others.isOf(profile, mark), false);
    }),
  );
});

test("a health command's mark names its gateway, ends with its run, and is not the gateway's own", () => {
  const marks = createMarks();
  fc.assert(
    fc.property(name, generation, (profile, number) => {
      const mark = marks.ofHelper(profile, number);
      assert.ok(mark.startsWith(marks.prefix));
      assert.deepEqual([profileIn(mark), generationIn(mark)], [profile, number]);
      assert.equal(marks.isOf(profile, mark), false);
      assert.notEqual(mark, marks.ofHelper(profile, number + 1));
    }),
  );
});

test('no mark is made of another one: not by another name, another number, or a part of its proof', () => {
  const marks = createMarks();
  const own = marks.of('alpha', 1).split('/');
  assert.match(own[3] ?? '', /^[0-9a-f]{32}$/);
  const forged = (index: number, text: string): string =>
    own.map((part, at) => (at === index ? text : part)).join('/');
  for (const mark of [
    forged(1, 'beta'),
    forged(2, '2'),
    forged(2, '01'),
    forged(3, ''),
    forged(3, (own[3] ?? '').slice(1)),
    own.slice(0, 3).join('/'),
    `${own.join('/')}/`,
  ]) {
    for (const profile of ['alpha', 'beta']) assert.equal(marks.isOf(profile, mark), false, mark);
  }
  fc.assert(fc.property(fc.string(), (text) => !marks.isOf('alpha', text)));
});

test('what a forged mark names is no name unless it could be one', () => {
  for (const text of ['', 'run', 'run//1', 'run/\u202e/1', 'run/A b/1', `run/${'a'.repeat(64)}/1`]) {
    assert.equal(profileIn(text), null, text);
  }
  for (const text of ['run/a', 'run/a/', 'run/a/-1', 'run/a/1e3', `run/a/${'9'.repeat(16)}`]) {
    assert.equal(generationIn(text), null, text);
  }
});

test('only a guard and the mark of another run say that another gwproxy answers for a process', () => {
  const [own, other] = [createMarks(), createMarks()];
  const mark = own.of('alpha', 1);
  const says = (text: string | null): boolean => isOfAnotherRun(text, mark);
  assert.deepEqual([says('guard'), says(other.of('alpha', 1))], [true, true]);
  for (const text of [
    null,
    '',
    'guards',
    'x',
    mark,
    own.of('beta', 1),
    `${own.run}/forged`,
    '0123456789abcdef',
  ]) {
    assert.equal(says(text), false, String(text));
  }
});
