import { CommandError, EXIT } from '../../../errors.ts';
import { isPlainObject } from './plain-object.ts';

/** A file that waits for something of its own, say, never ends by itself. */
const TIME_LIMIT = 10_000;

/**
 * What a JavaScript file exports, or the value of the one expression that a file is (pm2 reads .json that way:
 * comments and trailing commas are right there). It is the user's own program, as it is to pm2, and may do
 * anything: it runs in a process of its own, in `folder`, whose end ends all that it began. Its value comes back as
 * JSON, with regular expressions as text. Throws a CommandError that names file and line.
 */
export async function evaluate(
  file: string,
  what: 'module' | 'expression',
  folder: string,
): Promise<unknown> {
  const { execa } = await import('execa');
  const code = `${COMMON}${what === 'module' ? MODULE : EXPRESSION}`;
  const run = await execa(process.execPath, ['--input-type=module', '--eval', code, '--', file], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    timeout: TIME_LIMIT,
    killSignal: 'SIGKILL',
    reject: false,
  });
  if (run.timedOut) throw unreadable(file, `it did not end within ${TIME_LIMIT / 1000} s, and was stopped`);
  const answer = run.stdio[3];
  if (run.exitCode !== 0 || typeof answer !== 'string' || answer === '') {
    throw unreadable(file, reasonIn(run.stderr ?? ''));
  }
  const told: unknown = JSON.parse(answer);
  if (isPlainObject(told) && 'value' in told) return told['value'];
  if (isPlainObject(told) && 'thrown' in told) throw unreadable(file, `it throws: ${told['thrown']}`);
  throw unreadable(file, 'it is a function, and pm2 takes an object or a list');
}

export function unreadable(file: string, reason: string): CommandError {
  const text = reason.startsWith(file) ? reason : `${file}: ${reason}`;
  return new CommandError(EXIT.failure, text);
}

const COMMON = `
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { runInThisContext } from 'node:vm';
const file = process.argv[1];
function plain(key, value) {
  if (value instanceof RegExp || typeof value === 'bigint') return String(value);
  return value;
}
function answer(told) {
  writeFileSync(3, JSON.stringify(told, plain));
  process.exit(0);
}
function tell(value) {
  answer(typeof value === 'function' ? {} : { value: value ?? null });
}
// Of an error Node itself prints all that is wanted.
function caught(thrown) {
  if (thrown instanceof Error) throw thrown;
  answer({ thrown: (typeof thrown === 'string' ? thrown : inspect(thrown)).split('\\n')[0] });
}
`;

/** CommonJS's module.exports is the default; so it is for what a compiler made of one. */
const MODULE = `
const loaded = await import(pathToFileURL(file).href).catch(caught);
let value = loaded.default ?? loaded;
if (value?.__esModule && value.default !== undefined) value = value.default;
tell(value);
`;

const EXPRESSION = `
let value;
try {
  value = runInThisContext('(' + readFileSync(file, 'utf8') + '\\n)', { filename: file });
} catch (thrown) {
  caught(thrown);
}
tell(value);
`;

/** Node prints an error that nobody caught as: its place, the line, carets, then the error and its stack. */
function reasonIn(stderr: string): string {
  const message = /^(?:Uncaught )?(\w*(?:Error|Exception)\b.*)$/m.exec(stderr)?.[1];
  const place = /^(?:file:\/\/)?(\/.+:\d+)$/m.exec(stderr)?.[1];
  const inStack = /\((?:file:\/\/)?(\/[^)]+?:\d+):\d+\)|at (?:file:\/\/)?(\/.+?:\d+):\d+$/m.exec(stderr);
  const at = place ?? inStack?.[1] ?? inStack?.[2];
  if (message === undefined) return stderr.trim().split('\n').at(-1) || 'it ended without an answer';
  return at === undefined ? message : `${at}: ${message}`;
}
