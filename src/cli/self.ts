import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shellWord } from './pm2/values.ts';

/** The config that is meant where none is named. */
const DEFAULT = 'gwproxy.yaml';

/** This program's own file, links followed: what a service or a gwproxy in the background runs with this Node. */
export const MAIN: string = fileURLToPath(new URL('./main.js', import.meta.url));

/** ` -c FILE` for a command that is told to the user, or nothing where it is the one that is found without. */
export function configHint(configFile: string): string {
  return resolve(configFile) === resolve(DEFAULT) ? '' : ` -c ${shellWord(configFile)}`;
}

/**
 * The text with that hint in each `gwproxy …` that it tells to type: most who write such texts know of no config, and a
 * gwproxy that answers is in another folder. One that names a config, or ends in somebody's own command, stays.
 */
export function withConfig(text: string, configFile: string): string {
  const hint = configHint(configFile);
  return text.replace(
    /`gwproxy ((?:(?! -c | -- )[^`])+)`/g,
    (_, rest: string) => `\`gwproxy ${rest}${hint}\``,
  );
}
