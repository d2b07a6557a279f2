import { basename, dirname, join, resolve } from 'node:path';
import { defaultLogPath, OWN_LOG } from '../../logs/log-index.ts';
import { type Problem, problemAt } from '../problems.ts';
import type { Profile } from '../read/profile.ts';
import type { Files } from '../source/files.ts';
import { valueSource } from '../source/yaml-tree.ts';

/**
 * No two profiles may write one log file, even by different paths, since each would rotate the other's lines away. `logs`
 * is the folder of gwproxy's own log and of gateways without a log_file; null if it is not known.
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
  const defaults = logs === null ? null : defaultFiles(profiles, await files.realFolder(logs));
  const seen = new Map<string, { readonly name: string; readonly path: string }>();
  const problems: Problem[] = [];
  for (const { name, path, source } of named) {
    const real = join(await files.realFolder(dirname(path)), basename(path));
    const owner = defaults?.get(real);
    if (owner !== undefined) {
      const message = `log_file is ${owner}; leave it out, or name another file`;
      problems.push(problemAt(source, message));
      continue;
    }
    const other = seen.get(real);
    seen.set(real, other ?? { name, path });
    if (other === undefined) continue;
    const how = other.path === path ? '' : ', by another path';
    const message = `log_file is also that of profile '${other.name}'${how}; name another file`;
    problems.push(problemAt(source, message));
  }
  return problems;
}

/** The log files that no log_file names: what each is for, by path. */
function defaultFiles(profiles: readonly Profile[], folder: string): ReadonlyMap<string, string> {
  // gwproxy has no output of a gateway with a url.
  const those = profiles.filter(({ config }) => config.log_file === undefined && config.url === undefined);
  return new Map([
    [defaultLogPath(folder, OWN_LOG), "gwproxy's own log"],
    ...those.map(
      ({ name }) => [defaultLogPath(folder, name), `where the output of profile '${name}' goes`] as const,
    ),
  ]);
}
