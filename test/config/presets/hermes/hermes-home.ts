import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { formatProblem, type Loaded, loadConfig } from '../../../../src/config/load.ts';
import type { Plan } from '../../../../src/config/types.ts';
import { folder, type Written } from '../../folder.ts';

/** The files of one Hermes profile; `''` is an empty file. */
export interface Profile {
  readonly config?: string;
  readonly env?: string;
}

/** Those profiles' files, by path below a home folder; `default` is in the root itself. */
export function filesOf(profiles: Readonly<Record<string, Profile>>, root = 'home/.hermes'): Written {
  const files = Object.entries(profiles).flatMap(([name, { config, env }]) => {
    const home = name === 'default' ? root : `${root}/profiles/${name}`;
    return [
      ...(config === undefined ? [] : [[`${home}/config.yaml`, config] as const]),
      ...(env === undefined ? [] : [[`${home}/.env`, env] as const]),
    ];
  });
  return Object.fromEntries(files);
}

export interface Outcome {
  readonly at: string;
  readonly loaded: Loaded;
  /** The problems, or the warnings of a valid config, with paths relative to the folder. */
  readonly lines: readonly string[];
}

/** Loads that gwproxy.yaml beside those files, with a program `hermes` on the PATH. */
export async function load(t: TestContext, config: string, files: Written): Promise<Outcome> {
  const at = await folder(t, { ...files, 'gwproxy.yaml': config, 'bin/README': 'programs\n' });
  await symlink(process.execPath, join(at, 'bin', 'hermes'));
  const env = { PATH: join(at, 'bin'), HOME: join(at, 'home') };
  const loaded = await loadConfig(join(at, 'gwproxy.yaml'), { env });
  const told = loaded.ok ? loaded.warnings : loaded.problems;
  return { at, loaded, lines: told.map((problem) => formatProblem(problem, at).replaceAll(`${at}/`, '')) };
}

export async function planOf(
  t: TestContext,
  config: string,
  files: Written,
): Promise<Plan & { readonly at: string }> {
  const { at, loaded, lines } = await load(t, config, files);
  if (!loaded.ok) throw new Error(`the config is invalid:\n${lines.join('\n')}`);
  return { ...loaded.plan, at };
}

export const APP = '00000000-0000-0000-0000-00000000000a';
export const OTHER_APP = '00000000-0000-0000-0000-00000000000b';

/** Four of the five platforms that open a port. Teams is left out, since it clashes with Agent 365 at /api/messages. */
export const FULL = `platforms:
  agent365:
    enabled: true
    extra: { slug: inbox, port: 18681, tenant_id: invented, app_id: ${APP}, blueprint_client_secret: hush }
  webhook:
    enabled: true
    extra: { host: 127.0.0.1, port: 18641, routes: {} }
  msgraph_webhook:
    enabled: true
    extra: { host: 127.0.0.1, port: 18661, client_state: hush }
  api_server:
    enabled: true
    extra: { port: 18651, key: hush-hush-hush-hush }
`;

export const WEBHOOK = `platforms:
  webhook:
    enabled: true
    extra: { host: 127.0.0.1, port: 18641 }
`;

/** Without it, a named profile is warned of. */
export const STANDALONE = 'gateway: { standalone: true }\n';
