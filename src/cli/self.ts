import { fileURLToPath } from 'node:url';

/** This program's own file, links followed: what a service or a gwproxy in the background runs with this Node. */
export const MAIN: string = fileURLToPath(new URL('./main.js', import.meta.url));

/** ` --config FILE` for a command that is told to the user, or nothing where it is the default. */
export function configHint(configFile: string): string {
  if (configFile === 'gwproxy.yaml') return '';
  return ` -c ${/^[\w./~+-]+$/.test(configFile) ? configFile : `'${configFile.replaceAll("'", "'\\''")}'`}`;
}
