import { type ConfigInputs, formatProblem, loadConfig } from '../config/load.ts';
import type { FileTexts, Problem } from '../config/problems.ts';
import { type Files, realFiles } from '../config/source/files.ts';
import type { Plan } from '../config/types.ts';
import { CommandError, EXIT } from '../errors.ts';
import { realConfigPath } from '../state-folder.ts';
import { counted } from '../util/counted.ts';
import { printError } from './print.ts';

/** An invalid config. The message shows the line of each problem; `problems` has one line for each. */
export class InvalidConfigError extends CommandError {
  readonly problems: readonly string[];

  constructor(problems: readonly Problem[], texts: FileTexts) {
    const count = counted(problems.length, 'problem');
    const shown = problems.map((problem) => formatProblem(problem, process.cwd(), texts));
    super(EXIT.invalidConfig, [...shown, `${count} in the config`].join('\n'));
    this.name = 'InvalidConfigError';
    this.problems = problems.map((problem) => formatProblem(problem, process.cwd()));
  }
}

/**
 * Loads a config and prints its warnings to stderr. Throws an InvalidConfigError (78) that lists every problem, or a
 * CommandError (78) if there is no such file.
 */
export async function loadPlan(
  configFile: string,
  files: Files = realFiles,
  env: NodeJS.ProcessEnv = process.env,
  starts = false,
): Promise<ConfigInputs & { readonly plan: Plan; readonly disabled: readonly string[] }> {
  // `init` loads a config that it has not written yet, from files of its own.
  if (files === realFiles) realConfigPath(configFile);
  const loaded = await loadConfig(configFile, { env, files, starts });
  if (!loaded.ok) throw new InvalidConfigError(loaded.problems, loaded.texts);
  for (const warning of loaded.warnings) printError(`warning: ${formatProblem(warning, process.cwd())}`);
  return loaded;
}

/** As loadPlan, for gateways that are started by the plan: what only the starting process is given must be there. */
export function loadPlanToStart(configFile: string): ReturnType<typeof loadPlan> {
  return loadPlan(configFile, realFiles, process.env, true);
}
