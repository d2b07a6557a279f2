import { parseEnvFile } from '../../config/source/env-file.ts';
import type { Launch } from '../../config/types.ts';
import { HIDDEN } from '../last-words/shown-line.ts';
import { helperCommand } from './command.ts';
import { type CommandResult, type RunOptions, runCommand } from './run-command.ts';

/** ms; a secret store that answers later is not there. */
const TIMEOUT = 30_000;
/** Bytes; an environment of more could not be passed to a program on most systems. */
const MOST_OUTPUT = 1024 * 1024;

/** Of gateways' lines the log has all; these are logged nowhere. */
const NOT_SHOWN = '(its last line may hold a secret, so it is not shown)';

export type EnvCommandResult =
  | { readonly ok: true; readonly values: ReadonlyMap<string, string> }
  /** `reason` is for the operator, and holds nothing of the output but the last line of stderr, redacted. */
  | { readonly ok: false; readonly reason: string };

/**
 * Runs a profile's env_command, as the gateway's user and with the gateway's environment but for its ports, and reads what
 * it prints as an env_file. Resolves once no process of it is left, with no variables if the profile has none. Never
 * rejects. `limits` is for tests.
 */
export async function runEnvCommand(
  launch: Extract<Launch, { readonly kind: 'command' }>,
  mark: string,
  options: Pick<RunOptions, 'signal' | 'started' | 'ended'>,
  limits: { readonly timeout: number; readonly bytes: number } = { timeout: TIMEOUT, bytes: MOST_OUTPUT },
): Promise<EnvCommandResult> {
  if (launch.envCommand === null) return { ok: true, values: new Map() };
  const command = helperCommand(launch, launch.envCommand.command);
  const chunks: Buffer[] = [];
  let bytes = 0;
  const tooLong = new AbortController();
  const result = await runCommand(command, mark, {
    ...options,
    timeout: limits.timeout,
    signal: AbortSignal.any([options.signal, tooLong.signal]),
    stdout(chunk) {
      bytes += chunk.length;
      if (bytes > limits.bytes) tooLong.abort();
      else chunks.push(chunk);
    },
  });
  if (bytes > limits.bytes) return failed(`printed more than ${limits.bytes / 1024} KiB`);
  const output = Buffer.concat(chunks);
  const reason = faultOf(result, limits.timeout, output);
  return reason === null ? parsed(output) : failed(reason);
}

function faultOf(result: CommandResult, timeout: number, output: Buffer): string | null {
  switch (result.kind) {
    case 'exited': {
      if (result.code === 0) return null;
      const how =
        result.code === null ? `was ended by ${result.signal}` : `ended with exit code ${result.code}`;
      const words = result.lastWords(secretsIn(output));
      if (words.kind !== 'error' && words.kind !== 'line') return how;
      return `${how}: ${words.line === HIDDEN ? NOT_SHOWN : words.line}`;
    }
    case 'late':
      return `did not end within ${timeout / 1000} s`;
    case 'aborted':
      return 'was ended before it was done';
    case 'failed':
      return `cannot be run: ${result.reason}`;
  }
}

/** What an env_command printed before it failed: its values, and its lines in case they are none. */
function secretsIn(output: Buffer): readonly string[] {
  const text = output.toString();
  return [...parseEnvFile(text).values.values(), text];
}

function parsed(output: Buffer): EnvCommandResult {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(output);
  } catch {
    return failed('printed what is not UTF-8');
  }
  const { values, faults } = parseEnvFile(text);
  const [fault] = faults;
  // The message never quotes the line.
  return fault === undefined
    ? { ok: true, values }
    : failed(`printed a bad line ${fault.line}: ${fault.message}`);
}

function failed(how: string): EnvCommandResult {
  return { ok: false, reason: `its env_command ${how}` };
}
