import type { Command, Option } from 'commander';
import { program } from '../../src/cli/program.ts';

/** Every call of gwproxy in a shell block, as its words behind `gwproxy`. */
export function gwproxyCalls(shell: string): readonly (readonly string[])[] {
  return shell
    .split('\n')
    .map((line) => line.replace(/(?:^|\s)#.*$/, ''))
    .flatMap((line) => line.split(/&&|\|\||[;|]|\$\(|\)/))
    .flatMap((part) => {
      const call = /(?:^|\s)gwproxy(?:\s+([^<>]*).*)?$/.exec(part.trim());
      return call === null ? [] : [wordsOf(call[1] ?? '')];
    });
}

function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
}

/**
 * Why the command line would not take these words; null where it would. A command that is only mentioned may lack its
 * arguments, and `COMMAND` stands for any.
 */
export function callFault(words: readonly string[], as: 'typed' | 'mentioned'): string | null {
  const before = takeOptions(program, words, []);
  if (typeof before === 'string') return before;
  const [name, ...rest] = before.left;
  if (name === undefined) return null;
  const command = program.commands.find((one) => one.name() === name || one.aliases().includes(name));
  if (command === undefined)
    return name === 'help' || (as === 'mentioned' && name === 'COMMAND')
      ? null
      : `there is no command '${name}'`;
  // All behind the program that `exec` runs is that program's.
  const own = name === 'exec' ? upToProgram(rest) : rest;
  const found = readCall(command, own);
  if (typeof found === 'string') return found;
  const { registeredArguments } = command;
  const least = registeredArguments.filter(({ required }) => required).length;
  const most = registeredArguments.some(({ variadic }) => variadic)
    ? Number.POSITIVE_INFINITY
    : registeredArguments.length;
  if (as === 'typed' && found.length < least) return `'${name}' needs ${least} arguments`;
  return found.length > most ? `'${name}' takes ${most} arguments` : null;
}

function upToProgram(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--');
  return end === -1 ? words : [...words.slice(0, end), ...words.slice(end + 1, end + 2)];
}

function readCall(command: Command, words: readonly string[]): readonly string[] | string {
  const positional: string[] = [];
  let left = words;
  while (left.length > 0) {
    const options = takeOptions(command, left, program.options);
    if (typeof options === 'string') return options;
    const [first, ...others] = options.left;
    if (first !== undefined) positional.push(first);
    left = others;
  }
  return positional;
}

/** The words behind the options that these begin with; or the option that is none. */
function takeOptions(
  command: Command,
  words: readonly string[],
  others: readonly Option[],
): { readonly left: readonly string[] } | string {
  let left = words;
  for (let first = left[0]; first?.startsWith('-') && first !== '-'; first = left[0]) {
    const [flag = ''] = first.split('=');
    const option = [...command.options, ...others].find(({ short, long }) => short === flag || long === flag);
    if (option === undefined && flag !== '--help' && flag !== '-h') {
      return `'${command.name()}' has no option ${flag}`;
    }
    const hasValue = option?.required === true || (option?.optional === true && !left[1]?.startsWith('-'));
    left = left.slice(hasValue && !first.includes('=') ? 2 : 1);
  }
  return { left };
}
