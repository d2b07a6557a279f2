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

/** The config of a gateway that starts, and that gwproxy may speak to; `more` follows inside its braces. */
export function openClawJson(more = '', port = 18789): string {
  return `{
  gateway: { mode: 'local', port: ${port}, trustedProxies: ['127.0.0.1'], },
  ${more}
}
`;
}

/** Loads that gwproxy.yaml beside those files, with a program `openclaw` on the PATH. `home` is the home folder. */
export async function load(t: TestContext, config: string, files: Written): Promise<Outcome> {
  const at = await folder(t, {
    ...files,
    'gwproxy.yaml': config,
    'bin/README': 'programs\n',
    'home/README': '\n',
  });
  await symlink(process.execPath, join(at, 'bin', 'openclaw'));
  const env = { PATH: join(at, 'bin'), HOME: join(at, 'home') };
  const loaded = await loadConfig(join(at, 'gwproxy.yaml'), { env });
  const told = loaded.ok ? loaded.warnings : loaded.problems;
  return { at, loaded, lines: told.map((problem) => formatProblem(problem, at).replaceAll(`${at}/`, '')) };
}

export async function planOf(
  t: TestContext,
  config: string,
  files: Written,
): Promise<Plan & { readonly at: string; readonly lines: readonly string[] }> {
  const { at, loaded, lines } = await load(t, config, files);
  if (!loaded.ok) throw new Error(`the config is invalid:\n${lines.join('\n')}`);
  return { ...loaded.plan, at, lines };
}
