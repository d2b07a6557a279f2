import type { Problem } from '../../config/problems.ts';
import { error, type Fault, warn } from './finding.ts';
import { placeText, type Subject } from './subject.ts';

/** Every problem of the config, and what is allowed and hardly meant. */
export async function checkConfig({ configFile, hint, loaded }: Subject): Promise<readonly Fault[]> {
  if (loaded === null) {
    return [
      error(
        `no config can be read at ${configFile}`,
        `name it with --config FILE, or write one: gwproxy init${hint}`,
      ),
    ];
  }
  if (!loaded.ok)
    return loaded.problems.map((problem) =>
      told(error, problem, 'mend it; until then `up` and `reload` refuse'),
    );
  return loaded.warnings.map((problem) => told(warn, problem, null));
}

function told(level: typeof error, problem: Problem, instead: string | null): Fault {
  return { ...level(problem.message, '', placeText(problem)), instead };
}
