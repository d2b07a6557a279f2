import { shellWord } from '../shell-word.ts';

/** What pm2 takes for something else than the name of an app: every app, an id, an expression, a file, an option. */
const NO_NAME = /^(?:all$|\/.*\/$|-)|\.(?:json|ya?ml|config\.[cm]?js)/s;

/** Whether `pm2 delete NAME` means that app alone. Pure. */
export function isDeletableByName(name: string): boolean {
  return !NO_NAME.test(name) && Number.isNaN(Number(name));
}

/**
 * The command line that has pm2 run those apps no more, each a delete of its own: pm2 stops at the first that it does
 * not hold. Pure.
 */
export function deleteCommand(names: readonly string[]): string {
  return [...names.map((name) => `pm2 delete ${shellWord(name)}`), 'pm2 save --force'].join('; ');
}
