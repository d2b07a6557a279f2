import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { formatProblem, type Loaded, loadConfig } from '../../../../src/config/load.ts';
import type { Plan } from '../../../../src/config/types.ts';
import { folder, type Written } from '../../folder.ts';

export interface Outcome {
  readonly at: string;
  readonly loaded: Loaded;
  /** The problems, or the warnings of a valid config, with paths relative to the folder. */
  readonly lines: readonly string[];
}

/** Loads that gwproxy.yaml beside those files, with that program on the PATH. `home` is the home folder. */
export async function loadBeside(
  t: TestContext,
  program: string,
  config: string,
  files: Written,
): Promise<Outcome> {
  const at = await folder(t, { ...files, 'gwproxy.yaml': config, 'bin/README': 'programs\n' });
  await symlink(process.execPath, join(at, 'bin', program));
  const env = { PATH: join(at, 'bin'), HOME: join(at, 'home') };
  const loaded = await loadConfig(join(at, 'gwproxy.yaml'), { env });
  const told = loaded.ok ? loaded.warnings : loaded.problems;
  return { at, loaded, lines: told.map((problem) => formatProblem(problem, at).replaceAll(`${at}/`, '')) };
}

/** The plan of a config that was loaded so; throws if it is invalid. */
export function planIn({ at, loaded, lines }: Outcome): Plan & Pick<Outcome, 'at' | 'lines'> {
  if (!loaded.ok) throw new Error(`the config is invalid:\n${lines.join('\n')}`);
  return { ...loaded.plan, at, lines };
}
