import { EXIT, type ExitCode } from '../errors.ts';

const MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.ok]: 'success',
  [EXIT.failure]: 'the command failed, or `doctor` found an error',
  [EXIT.usage]: 'wrong usage: an unknown command, option or profile',
  [EXIT.notRunning]: 'no gwproxy runs on this config',
  [EXIT.cannotServe]: 'the public port cannot be opened, or a gateway did not become ready',
  [EXIT.alreadyRunning]: 'a gwproxy already runs on this config',
  [EXIT.invalidConfig]: 'the config is missing or invalid',
};

/** Every exit code with its meaning, in ascending order. `exec` exits as its program does. */
export const EXIT_CODES: readonly { readonly code: number; readonly meaning: string }[] = Object.entries(
  MEANINGS,
).map(([code, meaning]) => ({ code: Number(code), meaning }));
