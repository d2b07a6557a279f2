import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { CommandError, EXIT } from '../../errors.ts';
import type { Command } from '../../supervisor/process/command.ts';
import { interpreterFault } from '../../supervisor/process/interpreter.ts';
import { atNiceness, prepareSpawn, refusal } from '../../supervisor/process/settings.ts';
import { errorMessage, hasCode } from '../../util/errno.ts';
import { printError } from '../print.ts';

/** Exit codes of a shell (POSIX sh, Exit Status for Commands). */
const NOT_FOUND = 127;
const NOT_EXECUTABLE = 126;
const SIGNALLED = 128;

/**
 * Runs a command on this process's stdin, stdout and stderr; returns the exit code that a shell would report. Throws a
 * CommandError if one of its settings (user, limits) cannot be applied.
 */
export async function runAttached(command: Command): Promise<number> {
  const child = await spawnCommand(command);
  const report = child.stdio[3];
  if (report instanceof Readable) {
    void refusal(report).then((refused) => {
      if (refused !== null) printError(refused);
    });
  }
  // A terminal sends Ctrl-C and Ctrl-\ to both processes, and the program decides what they do. Other signals reach
  // this process only, and are passed on.
  process.on('SIGINT', () => {});
  process.on('SIGQUIT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      if (hasCode(error, 'ENOENT')) {
        notFound(command).then((text) => {
          printError(text);
          resolve(NOT_FOUND);
        }, reject);
      } else if (hasCode(error, 'EACCES')) {
        printError(`not permitted to run ${command.file}`);
        resolve(NOT_EXECUTABLE);
      } else {
        const message = `cannot run ${command.file}: ${error.message}`;
        reject(new CommandError(EXIT.failure, message, { cause: error }));
      }
    });
    child.once('exit', (code, signal) =>
      resolve(code ?? SIGNALLED + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

async function notFound(command: Command): Promise<string> {
  return (await interpreterFault(command)) ?? `command not found: ${command.file}`;
}

async function spawnCommand(command: Command): Promise<ChildProcess> {
  try {
    const { file, args, env, identity, wrapped, spawnAt } = await prepareSpawn(command);
    const stdio = ['inherit', 'inherit', 'inherit', ...(wrapped ? (['pipe'] as const) : [])] as const;
    return atNiceness(spawnAt, () =>
      spawn(file, args, { cwd: command.cwd, env, stdio: [...stdio], ...identity }),
    );
  } catch (cause) {
    throw new CommandError(EXIT.failure, errorMessage(cause), { cause });
  }
}
