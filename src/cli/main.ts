#!/usr/bin/env node
import { CommanderError } from 'commander';
import { CommandError, EXIT } from '../errors.ts';
import { DEFAULT_CONFIG, withConfig } from './config-hint.ts';
import { program } from './program.ts';

let configFile = DEFAULT_CONFIG;
program.hook('preAction', (_program, called) => {
  const { config }: { readonly config?: unknown } = called.opts();
  if (typeof config === 'string') configFile = config;
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed its message already. --help and --version come this way too, with exit code 0.
    process.exitCode = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  } else if (error instanceof CommandError) {
    console.error(withConfig(error.message, configFile));
    process.exitCode = error.exitCode;
  } else {
    console.error(error);
    process.exitCode = EXIT.failure;
  }
}
