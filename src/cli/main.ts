#!/usr/bin/env node
import { isAbsolute } from 'node:path';
import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { CommandError, EXIT } from '../errors.ts';
import { DEFAULT_CONFIG, withConfig } from './config-hint.ts';
import { printError } from './print.ts';
import { program } from './program.ts';

let configFile = DEFAULT_CONFIG;
program.hook('preAction', (_program, called) => {
  const { config }: { readonly config?: unknown } = called.opts();
  if (typeof config !== 'string') return;
  configFile = config;
  leaveRemovedFolder(config);
});

/**
 * Leaves a current folder that was removed, in which no path can be resolved. Throws a CommandError (2) for a relative
 * config, which would be another file elsewhere.
 */
function leaveRemovedFolder(config: string): void {
  if (hasFolder()) return;
  if (!isAbsolute(config)) {
    const message =
      'the current folder was removed; change to another one, or name the config by its whole path';
    throw new CommandError(EXIT.usage, message);
  }
  process.chdir('/');
}

function hasFolder(): boolean {
  try {
    process.cwd();
    return true;
  } catch {
    return false;
  }
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its message already. --help and --version come this way too, with exit code 0.
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else if (error instanceof CommandError) {
    printError(isAbsolute(configFile) || hasFolder() ? withConfig(error.message, configFile) : error.message);
    process.exitCode = error.exitCode;
  } else {
    printError(inspect(error));
    process.exitCode = EXIT.failure;
  }
}
