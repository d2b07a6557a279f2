import { dirname, resolve } from 'node:path';
import type { Source } from '../../routing/route.ts';
import { errorMessage } from '../../util/errno.ts';
import { type Problem, problemAt, shortPath } from '../problems.ts';
import { parseEnvFile } from '../source/env-file.ts';
import type { Files } from '../source/files.ts';
import { expandHome, interpolate, literalText } from '../source/interpolate.ts';
import { type MapTree, type Tree, treeAt } from '../source/yaml-tree.ts';
import { type EnvFileValues, type LoadContext, lookupIn } from './variables.ts';

export interface EnvFiles extends EnvFileValues {
  readonly problems: readonly Problem[];
}

/** Reads the files that `env_file` names. One whose name cannot be resolved is left out; reading the profile reports it. */
export async function readEnvFiles(tree: MapTree, context: LoadContext, files: Files): Promise<EnvFiles> {
  const written = treeAt(tree, ['env_file']);
  const named = (written?.kind === 'list' ? written.items : [written]).flatMap((item) =>
    item === undefined ? [] : fileIn(item, context),
  );
  const values = new Map<string, string>();
  let problems: readonly Problem[] = [];
  for (const { path, source } of named) {
    try {
      const read = parseEnvFile(await files.read(path));
      const faults = read.faults.map(({ line, column, message }) =>
        problemAt({ file: path, line, column }, message),
      );
      problems = problems.concat(faults);
      for (const [name, value] of faults.length > 0 ? [] : read.values) values.set(name, value);
    } catch (error) {
      const reason = errorMessage(error);
      problems = [
        ...problems,
        problemAt(source, `cannot read ${shortPath(path, context.folder)}: ${reason}`),
      ];
    }
  }
  return { paths: named.map(({ path }) => path), values, complete: problems.length === 0, problems };
}

function fileIn(
  tree: Tree,
  { env, home }: LoadContext,
): readonly { readonly path: string; readonly source: Source }[] {
  if (tree.kind !== 'scalar' || typeof tree.value !== 'string' || tree.value === '') return [];
  const { parts, faults } = interpolate(expandHome(tree.value, home), lookupIn(env));
  const name = literalText(parts);
  if (faults.length > 0 || name === null) return [];
  return [{ path: resolve(dirname(tree.source.file), name), source: tree.source }];
}
