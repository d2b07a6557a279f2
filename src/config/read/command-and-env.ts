import { type Problem, problemAt } from '../problems.ts';
import type { ProfileConfig } from '../schema/profile-schema.ts';
import { splitWords } from '../source/split-command.ts';
import { type MapTree, valueSource } from '../source/yaml-tree.ts';
import { resolveText, type Text, type Variables } from './resolve.ts';

interface Texts<T> {
  readonly texts: T;
  readonly broken: boolean;
  readonly problems: readonly Problem[];
}

/** The arguments of a command, split if it is one text, each with its place. */
export function readCommand(
  tree: MapTree,
  { command }: ProfileConfig,
  variables: Variables,
): Texts<readonly Text[]> & { readonly program: string } {
  if (command === undefined) return { texts: [], program: '', broken: false, problems: [] };
  const split = typeof command === 'string' ? splitWords(command) : { ok: true as const, words: command };
  const fault = !split.ok ? split.reason : split.words[0]?.trim() ? null : 'the program is missing';
  if (!split.ok || fault !== null) {
    const problem = problemAt(valueSource(tree, ['command']), `command: ${fault}`);
    return { texts: [], program: '', broken: true, problems: [problem] };
  }
  const read = split.words.map((word, index) =>
    resolveText(word, valueSource(tree, ['command', index]), variables, 'home'),
  );
  const broken = read.some(({ ok }) => !ok);
  return {
    texts: broken ? [] : read.map(({ text }) => text),
    program: split.words[0] ?? '',
    broken,
    problems: read.flatMap(({ problems }) => problems),
  };
}

/** The values of `env`; those with a mistake are left out. */
export function readEnv(
  tree: MapTree,
  { env }: ProfileConfig,
  variables: Variables,
): Texts<ReadonlyMap<string, Text>> {
  const read = Object.entries(env).map(([name, value]) => {
    const source = valueSource(tree, ['env', name]);
    return [name, resolveText(value, source, variables, 'home')] as const;
  });
  return {
    texts: new Map(read.flatMap(([name, { ok, text }]) => (ok ? [[name, text] as const] : []))),
    broken: read.some(([, { ok }]) => !ok),
    problems: read.flatMap(([, { problems }]) => problems),
  };
}
