import { shellWord } from '../util/shell-word.ts';
import { MAIN_PATH } from './main-path.ts';

/** The variables that decide where the state folder is. */
export const FOLDER_VARIABLES = ['GWPROXY_STATE_DIR', 'XDG_STATE_HOME'] as const;

/**
 * The words of a shell that call gwproxy where PATH and this shell's variables are missing, under cron for instance: this
 * Node, this program, and the variables by which it finds the state folder. Pure.
 */
export function gwproxyCall(env: NodeJS.ProcessEnv, node: string = process.execPath): string {
  const variables = FOLDER_VARIABLES.flatMap((name) =>
    env[name] ? [`${name}=${shellWord(env[name])}`] : [],
  );
  return [...variables, shellWord(node), shellWord(MAIN_PATH)].join(' ');
}
