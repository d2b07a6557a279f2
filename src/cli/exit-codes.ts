import { EXIT } from '../errors.ts';

const MEANINGS: Readonly<Record<keyof typeof EXIT, string>> = {
  ok: 'success',
  failure: 'the command failed, or `doctor` found an error',
  usage: 'wrong usage: an unknown command, option or profile',
  notRunning: 'no gwproxy runs on this config',
  cannotServe: 'the public port cannot be opened, or a gateway did not become ready',
  alreadyRunning: 'a gwproxy already runs on this config',
  invalidConfig: 'the config is missing or invalid',
};

/** Every exit code with its meaning, in ascending order. `exec` exits as its program does. */
export const EXIT_CODES: readonly { readonly code: number; readonly meaning: string }[] = Object.entries(
  MEANINGS,
).map(([name, meaning]) => ({ code: codeOf(name), meaning }));

function codeOf(name: string): number {
  return new Map(Object.entries(EXIT)).get(name) ?? EXIT.failure;
}
