import { basename, dirname, join } from 'node:path';
import { BASE_ENV } from '../../../config/read/variables.ts';
import type { Machine } from '../local-machine.ts';
import type { Script } from './app-facts.ts';

/** Programs and packages that read several files, or files of other names, by rules of their own. */
const SEVERAL: ReadonlySet<string> = new Set([
  'bun',
  'bunx',
  'dotenv',
  'dotenvx',
  'env-cmd',
  '@dotenvx/dotenvx',
  'dotenv-flow',
]);
const FLOW: readonly string[] = ['@dotenvx/dotenvx', 'dotenv-flow'];

/** A call that names its file, or that replaces what the environment has already. */
const NAMES_A_FILE =
  /\bconfig\s{0,20}\(\s{0,20}\{[^}]{0,400}\bpath\b|\b(?:load_dotenv|dotenv_values|read_env)\s{0,20}\(\s{0,20}[^)\s]|\bloadEnvFile\s{0,20}\(\s{0,20}(?!["'`](?:\.\/)?\.env["'`])[^)\s]|\benv_file\s{0,20}=\s{0,20}(?!["']\.env["'])\S|\boverride\s{0,9}(?::\s{0,9}true|=\s{0,9}True)\b/;
/** The text of a path that is a file of variables, and not .env in the working folder. */
const OTHER_PATH = /(["'`])(?!(?:\.\/)?\.env\1)[^"'`\n]{0,200}\.env(?:[.$-][^"'`\n]{0,80})?\1/;

/** What an app says of the files that it reads its variables from. */
export interface EnvReader {
  /** Its command, and, of a script of package.json, the words of that as well. */
  readonly words: readonly string[];
  readonly script: Script | null;
  readonly packages: ReadonlySet<string>;
  /** The variables that pm2's file sets. */
  readonly set: ReadonlyMap<string, string>;
}

/**
 * Whether an app may read variables from another file than that one, or read that one by rules of its own. The words of
 * its command say nothing of `--env-file` here. Asks `machine` for the files beside it alone.
 */
export function mayReadMore(
  { words, script, packages, set }: EnvReader,
  path: string,
  machine: Machine,
): boolean {
  return (
    words.some((word) => SEVERAL.has(basename(word)) || /^(?:dotenv-flow|dotenv_config_)/.test(word)) ||
    [...set.keys()].some((name) => name.startsWith('DOTENV_')) ||
    FLOW.some((name) => script?.imports.has(name) || (script?.isWhole !== true && packages.has(name))) ||
    (script !== null && (NAMES_A_FILE.test(script.text) || OTHER_PATH.test(script.text))) ||
    namesBeside(basename(path), set.get('NODE_ENV')).some(
      (name) => machine.entry(join(dirname(path), name)) !== 'none',
    )
  );
}

/** `.env.local`, `.env.NODE_ENV` and `.env.NODE_ENV.local`. */
function namesBeside(name: string, environment = 'development'): readonly string[] {
  const local = ['development', 'production', 'test', environment].map((one) => `${name}.${one}.local`);
  return [`${name}.local`, `${name}.${environment}`, ...local].filter((one) => !one.includes('/'));
}

/** Unquoted, with a `#` that has no blank before it: a part of the value for gwproxy, a comment for Node and dotenv. */
const HASH = /^(?!\s*#)[^\n=]*=[^\S\n]*(?!["'`\s])[^\n#]*[^\s#]#/m;
/** Quoted, with a backslash: each library has escapes of its own. */
const ESCAPE = /^(?!\s*#)[^\n=]*=[^\S\n]*(?:"[^"]*\\|'[^']*\\|`[^`]*\\)/m;

/** Whether gwproxy reads the same values out of that text as Node, dotenv and python-dotenv. Pure. */
export function isReadAlike(text: string, values: ReadonlyMap<string, string>): boolean {
  if (HASH.test(text) || ESCAPE.test(text)) return false;
  return [...values].every(([name, value]) => !value.includes('$') && !isTooEarly(name));
}

/**
 * A library that reads .env overwrites nothing that the environment has already, such as PATH, and comes too late for what
 * the runtime itself reads at its start.
 */
function isTooEarly(name: string): boolean {
  if (BASE_ENV.some((base) => base === name)) return true;
  return /^(?:NODE_(?!ENV$)|LD_|DYLD_|PYTHON|BUN_|UV_)/.test(name);
}
