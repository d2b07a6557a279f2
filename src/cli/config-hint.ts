import { resolve } from 'node:path';
import { shellWord } from '../util/shell-word.ts';

/** The config file of every command without `--config`. */
export const DEFAULT_CONFIG = 'gwproxy.yaml';

/** ` -c FILE` for a command that the user is told to type; empty for the default config file. */
export function configHint(configFile: string): string {
  return resolve(configFile) === resolve(DEFAULT_CONFIG) ? '' : ` -c ${shellWord(configFile)}`;
}

/**
 * Adds ` -c FILE` to each `gwproxy …` in backquotes. Most texts are written where the config file is not known, by a
 * running gwproxy with another working directory for instance. A command that has ` -c ` or ` -- `, or
 * reads no config, is left as it is.
 */
export function withConfig(text: string, configFile: string): string {
  const hint = configHint(configFile);
  return text.replace(
    /`gwproxy (?!schema\b|completion\b)((?:(?! -c | -- )[^`])+)`/g,
    (_, rest: string) => `\`gwproxy ${rest}${hint}\``,
  );
}
