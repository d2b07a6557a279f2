import { basename, resolve } from 'node:path';
import { BASE_ENV } from '../../../config/read/variables.ts';
import { parseEnvFile } from '../../../config/source/env-file.ts';
import type { Machine } from '../local-machine.ts';
import type { Script } from './app-facts.ts';

/** The .env file that an app reads by itself. */
export interface OwnEnvFile {
  /** Absolute. */
  readonly path: string;
  /** Empty if the file cannot be read with certainty. */
  readonly values: ReadonlyMap<string, string>;
  /**
   * Whether the app sees the same variables if gwproxy reads the file as its `env_file`. False where gwproxy would read
   * another value than the app's own library may, or would replace a variable of the base environment.
   */
  readonly isSafe: boolean;
}

/** Bytes; a file of variables is far smaller. */
const LARGEST = 64 * 1024;

/** Packages and modules that read .env in the working folder. */
const READERS: readonly string[] = [
  'dotenv',
  'dotenv-flow',
  '@dotenvx/dotenvx',
  'environs',
  'decouple',
  'python-dotenv',
  'python-decouple',
];
const READS = /\bloadEnvFile\s{0,20}\(|\benv_file\s{0,20}=|\.env["'`]/;
const OPTION = /^--env-file(?:-if-exists)?=(.+)$/;
const WITH_VALUE: ReadonlySet<string> = new Set(['--env-file', '--env-file-if-exists']);

/**
 * The .env file of an app that says it reads one: by an option, a package, or a call in its script. `written` is what
 * pm2's file names as its `env_file`. Null if none is read, or it is not there. Reads at most 64 KiB.
 */
export function ownEnvFile(
  app: {
    readonly words: readonly string[];
    readonly script: Script | null;
    readonly packages: ReadonlySet<string>;
    readonly written: unknown;
  },
  cwd: string,
  machine: Machine,
): OwnEnvFile | null {
  const named = optionFile(app.words) ?? (typeof app.written === 'string' ? app.written : null);
  if (named === null && !readsOne(app)) return null;
  const path = resolve(cwd, named ?? '.env');
  const text = machine.text(path, LARGEST);
  if (text === null) return null;
  const { values, faults } = parseEnvFile(text);
  if (faults.length > 0) return { path, values: new Map(), isSafe: false };
  const isSafe = [...values].every(([name, value]) => !value.includes('$') && !isTooEarly(name));
  return { path, values, isSafe };
}

function readsOne({ words, script, packages }: Parameters<typeof ownEnvFile>[0]): boolean {
  return (
    words.some((word) => word === 'dotenv/config' || word === 'dotenvx') ||
    /^bunx?$/.test(basename(words[0] ?? '')) ||
    READERS.some((name) => script?.imports.has(name)) ||
    (script !== null && READS.test(script.text)) ||
    (script?.isWhole !== true && READERS.some((name) => packages.has(name)))
  );
}

function optionFile(words: readonly string[]): string | null {
  for (const [index, word] of words.entries()) {
    const file = OPTION.exec(word)?.[1] ?? (WITH_VALUE.has(word) ? words[index + 1] : undefined);
    if (file !== undefined) return file;
  }
  return null;
}

/**
 * A library that reads .env overwrites nothing that the environment has already, such as PATH, and comes too late for what
 * the runtime itself reads at its start.
 */
function isTooEarly(name: string): boolean {
  if (BASE_ENV.some((base) => base === name)) return true;
  return /^(?:NODE_(?!ENV$)|LD_|DYLD_|PYTHON|BUN_|UV_)/.test(name);
}
