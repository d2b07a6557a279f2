import { type Problem, problemAt } from '../problems.ts';
import type { ProfileConfig } from '../schema/profile-schema.ts';
import { splitWords } from '../source/split-command.ts';
import { type MapTree, type Path, valueSource } from '../source/yaml-tree.ts';
import { NO_PORT_HERE, resolveText, type Text, type Variables } from './resolve.ts';
import { placeKey, type SecretValues } from './secret-values.ts';

interface Resolved<T> {
  readonly texts: T;
  /** Whether a text has a mistake or a reference that cannot be resolved. */
  readonly broken: boolean;
  readonly problems: readonly Problem[];
}

/** The arguments of a command at that path, which is split if it is one text. `program` is the first argument as written. */
export function readCommand(
  tree: MapTree,
  path: Path,
  command: ProfileConfig['command'],
  variables: Variables,
): Resolved<readonly Text[]> & { readonly program: string } {
  if (command === undefined) return { texts: [], program: '', broken: false, problems: [] };
  const split = typeof command === 'string' ? splitWords(command) : { ok: true as const, words: command };
  const fault = !split.ok
    ? split.reason
    : split.words[0]?.trim()
      ? null
      : 'the program is missing; write its name or path first';
  if (!split.ok || fault !== null) {
    const problem = problemAt(valueSource(tree, path), `${path.join('.')}: ${fault}`);
    return { texts: [], program: '', broken: true, problems: [problem] };
  }
  const read = split.words.map((word, index) =>
    resolveText(word, valueSource(tree, [...path, index]), variables, 'home'),
  );
  const broken = read.some(({ ok }) => !ok);
  return {
    texts: broken ? [] : read.map(({ text }) => text),
    program: split.words[0] ?? '',
    broken,
    problems: read.flatMap(({ problems }) => problems),
  };
}

/** The arguments of `env_command`, which runs before the ports of the gateway are passed to it. */
export function readEnvCommand(
  tree: MapTree,
  { env_command: command }: ProfileConfig,
  variables: Variables,
): Resolved<readonly Text[]> {
  const read = readCommand(tree, ['env_command'], command, variables);
  const port = read.texts.find(({ parts }) => parts.some((part) => typeof part !== 'string'));
  if (port === undefined) return read;
  return {
    texts: [],
    broken: true,
    problems: [problemAt(port.source, NO_PORT_HERE)],
  };
}

/** The values of `env`, without those that cannot be resolved. What a file holds is taken as it is. */
export function readEnv(
  tree: MapTree,
  { env }: ProfileConfig,
  variables: Variables,
  { values }: Pick<SecretValues, 'values'>,
): Resolved<ReadonlyMap<string, Text>> {
  const read = Object.entries(env).map(([name, value]) => {
    const source = valueSource(tree, ['env', name]);
    if (values.has(placeKey(['env', name]))) {
      const literal = { source, parts: value === '' ? [] : [value] };
      return [name, { text: literal, ok: true, problems: [] }] as const;
    }
    return [name, resolveText(value, source, variables, 'home')] as const;
  });
  return {
    texts: new Map(read.flatMap(([name, { ok, text }]) => (ok ? [[name, text] as const] : []))),
    broken: read.some(([, { ok }]) => !ok),
    problems: read.flatMap(([, { problems }]) => problems),
  };
}
