import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseUnknownProfiles } from '../../src/cli/unknown-profile.ts';
import { CommandError, EXIT } from '../../src/errors.ts';

function refused(name: string, known: readonly string[], disabled: readonly string[] = []): string {
  try {
    refuseUnknownProfiles([name], known, disabled);
  } catch (error) {
    assert.ok(error instanceof CommandError);
    assert.equal(error.exitCode, EXIT.usage);
    return error.message;
  }
  return 'known';
}

test('a known name is accepted', () => {
  assert.equal(refused('one', ['one', 'two'], ['three']), 'known');
});

test('a similar name is suggested, a different one is not', () => {
  const known = ['p1', 'uni-n', 'support-bot'];
  const none = "there is no profile 'NAME'; choose from p1, uni-n, support-bot";
  for (const [name, meant] of [
    ['P1', 'p1'],
    ['suport-bot', 'support-bot'],
    ['Support Bot', 'support-bot'],
    ['unin', 'uni-n'],
    ['nosuch', null],
    ['u', null],
    ['', null],
  ] as const) {
    const expected =
      meant === null ? none.replace('NAME', name) : `there is no profile '${name}'; did you mean '${meant}'?`;
    assert.equal(refused(name, known), expected);
  }
});

test('of many profiles only some are listed', () => {
  const known = Array.from({ length: 14 }, (_, at) => `p${at}`);
  assert.match(refused('nosuch', known), /; choose from p0, p1, .*p9, … and 4 more$/);
});

test('a disabled profile is reported as disabled', () => {
  assert.equal(refused('a', ['b'], ['a']), "profile 'a' is disabled: it has enabled: false in the config");
  assert.equal(refused('alph', ['b'], ['alpha']), "there is no profile 'alph'; did you mean 'alpha'?");
  assert.equal(refused('c', [], ['alpha']), "there is no profile 'c'; no profile is enabled");
});
