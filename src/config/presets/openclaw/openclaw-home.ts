import { basename, dirname, isAbsolute, join } from 'node:path';
import type { Files } from '../../source/files.ts';
import { expandHome } from '../../source/interpolate.ts';
import type { PresetContext } from '../preset.ts';

/** Names that `openclaw --profile` accepts (OpenClaw 2026.9, src/cli/profile-utils.ts). */
const OPENCLAW_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/i;

/** OpenClaw's own profile, which lives in ~/.openclaw and needs no `--profile`. */
export const DEFAULT_PROFILE = 'default';

export const CONFIG_FILE = 'openclaw.json';

/** Where one OpenClaw profile lives, and how its commands name it. */
export interface OpenClawHome {
  /** The name behind `--profile`; null if its commands need none. */
  readonly profile: string | null;
  /** The state folder; absolute. */
  readonly folder: string;
  /** Absolute. */
  readonly configFile: string;
  /** The variables by which its commands find it where `--profile` does not say it all. */
  readonly env: ReadonlyMap<string, string>;
}

/**
 * The profile's place as `openclaw --profile NAME` finds it: OPENCLAW_CONFIG_PATH and OPENCLAW_STATE_DIR win, else it is
 * ~/.openclaw-NAME, with OPENCLAW_HOME for ~. Text: why there is none.
 */
export function openClawHome({ options, profile: own, env, home }: PresetContext): OpenClawHome | string {
  const named = options.get('profile') ?? env.get('OPENCLAW_PROFILE');
  const name = named ?? own;
  if (!OPENCLAW_NAME.test(name)) {
    return "an OpenClaw profile's name may hold letters, digits, '-' and '_', at most 64 characters";
  }
  const user = env.get('HOME') || home;
  const set = new Map<string, string>();
  for (const variable of ['OPENCLAW_HOME', 'OPENCLAW_STATE_DIR', 'OPENCLAW_CONFIG_PATH']) {
    const value = env.get(variable);
    if (!value) continue;
    const path = expandHome(value, user);
    if (!isAbsolute(path)) return `${variable} must be an absolute path, or begin with ~/`;
    set.set(variable, path);
  }
  const folder = set.get('OPENCLAW_STATE_DIR') ?? usualFolder(name, set.get('OPENCLAW_HOME') ?? user);
  // Without a name of OpenClaw's, the folder says it all: `--profile` would also choose another workspace.
  const needsName = named !== undefined || !set.has('OPENCLAW_STATE_DIR');
  return {
    profile: needsName && !isDefault(name) ? name : null,
    folder,
    configFile: set.get('OPENCLAW_CONFIG_PATH') ?? join(folder, CONFIG_FILE),
    env: set,
  };
}

/** `OPENCLAW_STATE_DIR=/srv/a openclaw`, or `openclaw --profile a`: how a shell calls it for that profile. */
export function openClawCommand({ profile, env }: OpenClawHome, quote: (text: string) => string): string {
  const variables = [...env].map(([name, value]) => `${name}=${quote(value)} `).join('');
  return `${variables}openclaw${profile === null ? '' : ` --profile ${quote(profile)}`}`;
}

function usualFolder(name: string, home: string): string {
  return join(home, isDefault(name) ? '.openclaw' : `.openclaw-${name}`);
}

function isDefault(name: string): boolean {
  return name.toLowerCase() === DEFAULT_PROFILE;
}

/** The name whose usual folder in that home this is; null if it is none's. */
export function nameOfFolder(folder: string, home: string): string | null {
  if (dirname(folder) !== home) return null;
  const [, name = DEFAULT_PROFILE] = /^\.openclaw(?:-(.+))?$/.exec(basename(folder)) ?? [null, ''];
  return OPENCLAW_NAME.test(name) ? name : null;
}

/** The state folders below a home that hold a config, OpenClaw's own profile first. */
export async function foldersBelow(home: string, files: Files): Promise<readonly string[]> {
  const found = await files.glob(`{.openclaw,.openclaw-*}/${CONFIG_FILE}`, home);
  const folders = found.map((file) => dirname(file)).filter((folder) => nameOfFolder(folder, home) !== null);
  return folders.sort((a, b) => (a < b ? -1 : 1));
}

/** Whether a folder holds OpenClaw's config. */
export async function isOpenClawFolder(folder: string, files: Files): Promise<boolean> {
  return (await files.program(join(folder, CONFIG_FILE))) !== 'missing';
}
