import { type Files, realFiles } from '../config/files.ts';
import { formatProblem, type Looked, loadConfig } from '../config/load.ts';
import type { Plan } from '../config/types.ts';
import { CommandError, EXIT } from '../errors.ts';
import { realConfigPath } from '../state.ts';

/**
 * The plan of that config; its warnings go to stderr. Throws a CommandError (78) that lists every problem, each
 * with file, line and column.
 */
export async function loadPlan(
  configFile: string,
  files: Files = realFiles,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Looked & { readonly plan: Plan; readonly disabled: readonly string[] }> {
  // Not where `init` loads a text that is not written yet.
  if (files === realFiles) realConfigPath(configFile);
  const loaded = await loadConfig(configFile, { env, files });
  if (!loaded.ok) {
    const count = loaded.problems.length;
    throw new CommandError(
      EXIT.invalidConfig,
      [
        ...loaded.problems.map((problem) => formatProblem(problem, process.cwd())),
        `${count} ${count === 1 ? 'problem' : 'problems'} in the config`,
      ].join('\n'),
    );
  }
  for (const warning of loaded.warnings) console.error(`warning: ${formatProblem(warning, process.cwd())}`);
  return loaded;
}
