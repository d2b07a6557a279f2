import { basename, resolve } from 'node:path';
import { parseEnvFile } from '../../../config/source/env-file.ts';
import type { Machine } from '../local-machine.ts';
import { type EnvReader, isReadAlike, mayReadMore } from './env-file-safety.ts';

/** The .env file that an app reads by itself. */
export interface OwnEnvFile {
  /** Absolute. */
  readonly path: string;
  /** Empty if the file cannot be read with certainty. */
  readonly values: ReadonlyMap<string, string>;
  /**
   * Whether the app sees the same variables if gwproxy reads the file as its `env_file`. False where gwproxy would read
   * another value than the app's own library may, would replace a variable of the base environment, or where the app may
   * read more files than this one, so that its values would beat theirs.
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
  app: EnvReader & { readonly written: unknown },
  cwd: string,
  machine: Machine,
): OwnEnvFile | null {
  const written = typeof app.written === 'string' ? [app.written] : [];
  const options = optionFiles(app.words);
  const named = [...(options.length > 0 ? options : written), ...(readsOne(app) ? ['.env'] : [])];
  const [path, ...others] = new Set(named.map((name) => resolve(cwd, name)));
  const text = path === undefined ? null : machine.text(path, LARGEST);
  if (path === undefined || text === null) return null;
  const { values, faults } = parseEnvFile(text);
  if (faults.length > 0) return { path, values: new Map(), isSafe: false };
  const isAll = others.length === 0 && !mayReadMore(app, path, machine);
  return { path, values, isSafe: isAll && isReadAlike(text, values) };
}

function readsOne({ words, script, packages }: EnvReader): boolean {
  return (
    words.some((word) => word === 'dotenv/config' || word === 'dotenvx') ||
    words.some((word) => /^bunx?$/.test(basename(word))) ||
    READERS.some((name) => script?.imports.has(name)) ||
    (script !== null && READS.test(script.text)) ||
    (script?.isWhole !== true && READERS.some((name) => packages.has(name)))
  );
}

function optionFiles(words: readonly string[]): readonly string[] {
  return words.flatMap(
    (word, index) => OPTION.exec(word)?.[1] ?? (WITH_VALUE.has(word) ? (words[index + 1] ?? []) : []),
  );
}
