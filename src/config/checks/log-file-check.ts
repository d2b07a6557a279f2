import { dirname, resolve } from 'node:path';
import { defaultLogPath, OWN_LOG } from '../../logs/log-index.ts';
import { isDevicePath } from '../../logs/log-target.ts';
import { type Problem, problemAt } from '../problems.ts';
import type { Profile } from '../read/profile.ts';
import type { Files } from '../source/files.ts';
import { valueSource } from '../source/yaml-tree.ts';

/**
 * A log file is no folder, and no two profiles may write one, even by different paths, since each would rotate the
 * other's lines away; devices are not rotated. `logs` is the folder of gwproxy's own log and of gateways without a
 * log_file; null if it is not known.
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
    return [{ name: profile.name, written: file, path: resolve(dirname(source.file), file), source }];
  });
  if (named.length === 0) return [];
  const defaults = logs === null ? null : await defaultFiles(profiles, logs, files);
  const seen = new Map<string, { readonly name: string; readonly path: string }>();
  const problems: Problem[] = [];
  for (const { name, written, path, source } of named) {
    if (written.endsWith('/') || (await files.isFolder(path))) {
      problems.push(problemAt(source, `log_file is a folder; name a file in it, such as ${name}.log`));
      continue;
    }
    if (isDevicePath(path)) continue;
    const real = await files.realFolder(path);
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

/** The log files that no log_file names: what each is for, by path without links. */
async function defaultFiles(
  profiles: readonly Profile[],
  folder: string,
  files: Files,
): Promise<ReadonlyMap<string, string>> {
  // gwproxy has no output of a gateway with a url.
  const those = profiles.filter(({ config }) => config.log_file === undefined && config.url === undefined);
  const uses = [
    [OWN_LOG, "gwproxy's own log"] as const,
    ...those.map(({ name }) => [name, `where the output of profile '${name}' goes`] as const),
  ];
  return new Map(
    await Promise.all(
      uses.map(async ([name, use]) => [await files.realFolder(defaultLogPath(folder, name)), use] as const),
    ),
  );
}

/** Warnings: a log file that is a standard stream of gwproxy, which receives the output anyway and is never rotated. */
export function logFileWarnings(profiles: readonly Profile[]): readonly Problem[] {
  return profiles
    .filter(({ config }) => config.log_file !== undefined && OWN_STREAMS.test(config.log_file))
    .map((profile) =>
      problemAt(
        valueSource(profile.tree, ['log_file']),
        'log_file is a stream of gwproxy itself, so `gwproxy logs` cannot show it; leave it out: without a terminal `gwproxy up` prints the output there as JSON lines',
      ),
    );
}

const OWN_STREAMS = /^\/(?:dev\/std(?:out|err)|(?:dev|proc\/self)\/fd\/[12])$/;
