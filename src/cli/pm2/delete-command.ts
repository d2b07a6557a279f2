import { shellWord } from '../../util/shell-word.ts';

/** Names that pm2 does not read as an app's name, but as all apps, an expression, an option, a file or an id. */
const NOT_A_NAME = /^(?:all$|\/.*\/$|-)|\.(?:json|ya?ml|config\.[cm]?js)/s;

/** True if `pm2 delete NAME` means that app alone. Pure. */
export function isDeletableByName(name: string): boolean {
  return !NOT_A_NAME.test(name) && Number.isNaN(Number(name));
}

/**
 * The command line that removes those apps from pm2 and from what it starts at boot. Each app has a delete of its own,
 * since pm2 stops at the first name that it does not know. `pm2` is how it is called: `PM2_HOME=… pm2` for a daemon
 * other than the usual one. Pure.
 */
export function deleteCommand(names: readonly string[], pm2 = 'pm2'): string {
  return [...names.map((name) => `${pm2} delete ${shellWord(name)}`), `${pm2} save --force`].join('; ');
}
