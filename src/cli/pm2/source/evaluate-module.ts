import { basename, extname } from 'node:path';
import { CommandError, EXIT } from '../../../errors.ts';
import { isPlainObject } from '../../../util/plain-object.ts';

/** ms; a file that keeps a timer or a connection open never ends by itself. */
const TIME_LIMIT = 10_000;

/**
 * What a JavaScript module exports, or the value of a file that is one expression (pm2 reads .json so, and accepts
 * comments and trailing commas). The file is the user's own program and may do anything: it runs in a process of its
 * own, in `folder`, which ends with all that it started. The value comes back as JSON, with regular expressions as text.
 * Throws a CommandError that names file and line.
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
  if (run.timedOut) throw unreadable(file, `it did not end within ${TIME_LIMIT / 1000} s and was stopped`);
  const answer = run.stdio[3];
  if (run.exitCode !== 0 || typeof answer !== 'string' || answer === '') {
    throw unreadable(file, withModuleHint(file, reasonIn(run.stderr ?? '')));
  }
  const result: unknown = JSON.parse(answer);
  if (isPlainObject(result) && 'value' in result) return result['value'];
  if (isPlainObject(result) && 'empty' in result) {
    throw unreadable(file, `it exports nothing: ${moduleHint(file)}`);
  }
  if (isPlainObject(result) && 'thrown' in result) throw unreadable(file, `it throws: ${result['thrown']}`);
  throw unreadable(file, 'it is a function, and pm2 takes an object or a list');
}

/** The error for a file of pm2's that cannot be used, with the file's name in front. */
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
function answer(result) {
  writeFileSync(3, JSON.stringify(result, plain));
  process.exit(0);
}
function report(value) {
  answer(typeof value === 'function' ? {} : { value: value ?? null });
}
// Node prints an Error with its place and message.
function caught(thrown) {
  if (thrown instanceof Error) throw thrown;
  answer({ thrown: (typeof thrown === 'string' ? thrown : inspect(thrown)).split('\\n')[0] });
}
`;

/** `module.exports` of CommonJS is the default export; compilers put the default export of an ES module beside __esModule. */
const MODULE = `
// --eval puts them there. In an ES module they are not defined; with them, module.exports would be lost without a word.
for (const name of ['module', 'exports', 'require', '__filename', '__dirname']) delete globalThis[name];
const loaded = await import(pathToFileURL(file).href).catch(caught);
if (Object.keys(loaded).length === 0) answer({ empty: true });
let value = loaded.default ?? loaded;
if (value?.__esModule && value.default !== undefined) value = value.default;
report(value);
`;

const EXPRESSION = `
let value;
try {
  value = runInThisContext('(' + readFileSync(file, 'utf8') + '\\n)', { filename: file });
} catch (thrown) {
  caught(thrown);
}
report(value);
`;

/** Node tells the cause behind the message, in two more lines. */
function withModuleHint(file: string, reason: string): string {
  return /is not defined in ES module scope/.test(reason) ? `${reason}: ${moduleHint(file)}` : reason;
}

/** Why a file is an ES module, and how its author makes it what pm2 reads. */
function moduleHint(file: string): string {
  const ending = extname(file);
  const because = ending === '.mjs' ? 'its ending is .mjs' : 'its package.json says "type": "module"';
  return `it is an ES module, since ${because}; rename it to ${basename(file, ending)}.cjs, or write \`export default\` in place of \`module.exports =\``;
}

/** The message and place in what Node prints of an uncaught error: its place, the line, carets, the error, its stack. */
function reasonIn(stderr: string): string {
  const message = /^(?:Uncaught )?(\w*(?:Error|Exception)\b.*)$/m.exec(stderr)?.[1];
  const place = /^(?:file:\/\/)?(\/.+:\d+)$/m.exec(stderr)?.[1];
  const inStack = /\((?:file:\/\/)?(\/[^)]+?:\d+):\d+\)|at (?:file:\/\/)?(\/.+?:\d+):\d+$/m.exec(stderr);
  const at = place ?? inStack?.[1] ?? inStack?.[2];
  if (message === undefined) return stderr.trim().split('\n').at(-1) || 'it ended without a result';
  return at === undefined ? message : `${at}: ${message}`;
}
