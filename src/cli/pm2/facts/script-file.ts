import { basename, extname, join, resolve } from 'node:path';
import type { Machine } from '../local-machine.ts';
import { splitArguments } from '../pm2-values.ts';
import type { Manifest } from './named-packages.ts';
import type { Language } from './script-imports.ts';

const JAVASCRIPT: ReadonlySet<string> = new Set([
  '.js',
  '.cjs',
  '.mjs',
  '.ts',
  '.cts',
  '.mts',
  '.tsx',
  '.jsx',
]);
const PACKAGE_MANAGERS: ReadonlySet<string> = new Set(['npm', 'pnpm', 'yarn', 'bun']);

/**
 * The words of an app's command: of `sh -c '…'` those of its command line, and of `npm start`, `pnpm run NAME` and the
 * like those of that script of package.json. Pure.
 */
export function wordsOf(command: readonly string[], manifest: Manifest | null): readonly string[] {
  const words = command[1] === '-c' ? splitArguments(command[2] ?? '') : command;
  const script = packageScript(words, manifest);
  return script === null ? words : splitArguments(script);
}

/** `npm start` is also `node …/npm start` and `node …/npm-cli.js start`. */
function packageScript(words: readonly string[], manifest: Manifest | null): string | null {
  const names = words.slice(0, 2).map((word) => basename(word, extname(word)).replace(/-cli$/, ''));
  const at = names.findIndex((name) => PACKAGE_MANAGERS.has(name));
  if (at === -1 || manifest === null) return null;
  const [verb = '', name = ''] = words.slice(at + 1).filter((word) => !word.startsWith('-'));
  const script = manifest.scripts[verb === 'run' || verb === 'run-script' ? name : verb];
  return typeof script === 'string' ? script : null;
}

export interface ScriptFile {
  /** Absolute. */
  readonly path: string;
  readonly language: Language;
}

/**
 * The script that a command runs: `node bot.js`, `uv run bot.py`, `python -m bot`, `uvicorn bot:app`. Null if no word of
 * it names one. Reads nothing but what `machine` answers.
 */
export function scriptFile(words: readonly string[], cwd: string, machine: Machine): ScriptFile | null {
  for (const [index, word] of words.entries()) {
    const before = words[index - 1] ?? '';
    for (const candidate of PRELOADS.has(before) ? [] : candidatesOf(word, before)) {
      const path = resolve(cwd, candidate);
      const language = extname(path) === '.py' ? 'python' : 'javascript';
      if (machine.isFile(path)) return { path, language };
    }
  }
  return null;
}

/** Options of Node that take a file which is not the bot's script. */
const PRELOADS: ReadonlySet<string> = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
]);
const MODULE = /^[A-Za-z_][\w.]*$/;
const APPLICATION = /^([A-Za-z_][\w.]*):[\w.()]+$/;

function candidatesOf(word: string, before: string): readonly string[] {
  if (JAVASCRIPT.has(extname(word)) || extname(word) === '.py') return [word];
  const module = before === '-m' && MODULE.test(word) ? word : APPLICATION.exec(word)?.[1];
  if (module === undefined) return [];
  const path = module.replaceAll('.', '/');
  return [`${path}.py`, join(path, '__main__.py'), join(path, '__init__.py')];
}
