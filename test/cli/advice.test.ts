import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { withConfig } from '../../src/cli/config-hint.ts';
import { program } from '../../src/cli/program.ts';
import { root } from '../support/root.ts';

// Every `gwproxy …` that gwproxy tells its user to type is a call that its command line takes, with and without the
// `-c FILE` that is added to it.

/** The calls in backquotes within the source's texts, each with its file; what is filled in is one word. */
function advised(): readonly (readonly [string, string])[] {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => {
      const text = readFileSync(join(root, 'src', file), 'utf8').replaceAll(COMMENT, '');
      const quoted = [...text.matchAll(QUOTED)].flatMap(([all]) => [...all.matchAll(/`gwproxy ([^`]+)`/g)]);
      const found = [...text.matchAll(/\\`gwproxy ((?:\$\{[^}]*\}|[^`\\])+)\\`/g), ...quoted];
      // A hint is ` -c FILE` or nothing, and is added by the test.
      return found.map(([, words = '']): [string, string] => [
        file,
        words.replaceAll(HINT, '').replaceAll(/\$\{[^}]*\}/g, 'filled-in'),
      ]);
    })
    .filter(([file]) => file !== join('cli', 'config-hint.ts'));
}

const COMMENT = /^ *(?:\/\*\*|\*|\/\/).*$/gm;
const QUOTED = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g;
const HINT = /\$\{(?:hint|configHint\([^)]*\))\}/g;

/** Why the command line would refuse these words; null if it takes them. */
function refusal(line: string): string | null {
  const [name = '', ...words] = line.split(/ +/);
  if (name === '--help') return null;
  const command: Command | undefined = program.commands.find((one) => one.name() === name);
  if (command === undefined) return `there is no command ${name}`;
  const { operands, unknown } = command.parseOptions([...words]);
  // Of `exec`, what follows the profile is the program's.
  const foreign = name === 'exec' ? [] : unknown;
  if (foreign.length > 0) return `${name} has no ${foreign.join(' ')}`;
  const { registeredArguments: known } = command;
  const least = known.filter(({ required }) => required).length;
  const isVariadic = known.some(({ variadic }) => variadic);
  if (operands.length < least) return `${name} needs ${least} arguments`;
  return operands.length > known.length && !isVariadic ? `${name} takes ${known.length} arguments` : null;
}

test('every call of gwproxy in a message is one that the command line takes', () => {
  const calls = advised();
  assert.ok(calls.length > 30, `${calls.length} calls`);
  const wrong = calls.flatMap(([file, call]) => {
    const withFile = withConfig(`\`gwproxy ${call}\``, '/srv/bots.yaml').slice('`gwproxy '.length, -1);
    return [call, withFile].flatMap((line) => {
      const why = refusal(line);
      return why === null ? [] : [`${file}: gwproxy ${line}: ${why}`];
    });
  });
  assert.deepEqual(wrong, []);
});

test('a call with a wrong command, option or number of words is noticed', () => {
  assert.equal(refusal('sart bot'), 'there is no command sart');
  assert.equal(refusal('down --detach'), 'down has no --detach');
  assert.equal(refusal('start'), 'start needs 1 arguments');
  assert.equal(refusal('down bot'), 'down takes 0 arguments');
});
