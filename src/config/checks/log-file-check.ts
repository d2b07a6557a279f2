import { basename, dirname, join, resolve } from 'node:path';
import { defaultLogPath, OWN } from '../../logs/directory.ts';
import { type Problem, problemAt } from '../problems.ts';
import type { Profile } from '../read/profile.ts';
import type { Files } from '../source/files.ts';
import { valueSource } from '../source/yaml-tree.ts';

/**
 * Two gateways in one file would rotate it away from each other, by whatever paths they come to it. `logs` is the folder
 * of those files that no log_file names, gwproxy's own among them; null where it is not known.
 */
export async function checkLogFiles(
  profiles: readonly Profile[],
  logs: string | null,
  files: Files,
): Promise<readonly Problem[]> {
  const named = profiles.flatMap((profile) => {
    const { log_file: file } = profile.config;
    if (file === undefined) return [];
    const source = valueSource(profile.tree, ['log_file']);
    return [{ name: profile.name, path: resolve(dirname(source.file), file), source }];
  });
  if (named.length === 0) return [];
  const unnamed = logs === null ? null : unnamedFiles(profiles, await files.realFolder(logs));
  const seen = new Map<string, { readonly name: string; readonly path: string }>();
  const problems: Problem[] = [];
  for (const { name, path, source } of named) {
    const real = join(await files.realFolder(dirname(path)), basename(path));
    const whose = unnamed?.get(real);
    if (whose !== undefined) {
      const message = `log_file is ${whose}; leave it out, or name another file`;
      problems.push(problemAt(source, message));
      continue;
    }
    const other = seen.get(real);
    seen.set(real, other ?? { name, path });
    if (other === undefined) continue;
    const how = other.path === path ? '' : ', by another path';
    const message = `log_file is that of profile '${other.name}' too${how}; give each a file of its own`;
    problems.push(problemAt(source, message));
  }
  return problems;
}

/** Whose file it is, by path. */
function unnamedFiles(profiles: readonly Profile[], folder: string): ReadonlyMap<string, string> {
  // Whoever runs a gateway that has a url keeps its log too.
  const those = profiles.filter(({ config }) => config.log_file === undefined && config.url === undefined);
  return new Map([
    [defaultLogPath(folder, OWN), "gwproxy's own log"],
    ...those.map(
      ({ name }) => [defaultLogPath(folder, name), `where the output of profile '${name}' goes`] as const,
    ),
  ]);
}
