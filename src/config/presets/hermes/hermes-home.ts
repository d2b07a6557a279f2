import { basename, dirname, join, resolve, sep } from 'node:path';
import type { Files } from '../../source/files.ts';

/** Valid names of Hermes profiles; the profile `default` lives in the root folder itself. */
export const HERMES_NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

/** Hermes' own profile, which lives in the root folder. */
export const DEFAULT_PROFILE = 'default';

/**
 * The root folder of all profiles, as `hermes -p NAME` finds it (hermes_constants.py, get_default_hermes_root):
 * ~/.hermes for any HERMES_HOME in it, and the folder above `profiles` if HERMES_HOME is a profile's own folder.
 */
export function hermesRoot(hermesHome: string | undefined, home: string): string {
  const usual = join(home, '.hermes');
  if (!hermesHome) return usual;
  const named = resolve(hermesHome);
  if (named === usual || named.startsWith(usual + sep)) return usual;
  const above = dirname(named);
  return basename(above) === 'profiles' ? dirname(above) : named;
}

export function profileHome(root: string, name: string): string {
  return name === DEFAULT_PROFILE ? root : join(root, 'profiles', name);
}

/** The names of all profiles of that root, the default one first if it is set up. */
export async function profilesBelow(root: string, files: Files): Promise<readonly string[]> {
  const found = await files.glob('profiles/*/{config.yaml,.env}', root);
  const named = found.map((file) => basename(dirname(file))).filter((name) => HERMES_NAME.test(name));
  const set = (await files.program(join(root, 'config.yaml'))) !== 'missing';
  return [...(set ? [DEFAULT_PROFILE] : []), ...[...new Set(named)].sort()];
}
