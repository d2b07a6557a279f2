import { isAbsolute, relative } from 'node:path';
import { distance } from 'fastest-levenshtein';
import type { Source } from '../routing/route.ts';
import { excerpt, printable } from './excerpt.ts';

/** One mistake in the config. The message tells its author what to change. Line and column count from 1; the file is absolute. */
export interface Problem extends Source {
  readonly message: string;
  /** The line may hold a secret, so its text is masked. */
  readonly isSecret?: true;
}

/** The texts of the config and its included files by absolute path. An env_file or key file is never among them. */
export type FileTexts = ReadonlyMap<string, string>;

export function problemAt(source: Source, message: string): Problem {
  return { file: source.file, line: source.line, column: source.column, message };
}

/**
 * `gwproxy.yaml:12:7: unknown key 'comand'; did you mean 'command'?`, with the path of a file below `relativeTo`
 * shortened. With `texts`, two more lines show the config's line and a mark under the column, for a terminal.
 */
export function formatProblem(problem: Problem, relativeTo?: string, texts?: FileTexts): string {
  const { line, column, message, isSecret = false } = problem;
  const file = relativeTo === undefined ? problem.file : shortPath(problem.file, relativeTo);
  const summary = printable(`${file}:${line}:${column}: ${message}`);
  const shown = excerpt(texts?.get(problem.file) ?? '', line, column, isSecret);
  return shown === undefined ? summary : `${summary}\n${shown}`;
}

/** `gwproxy.yaml:12`, for a message that names another place. */
export function formatPlace(source: Source, folder: string): string {
  return `${shortPath(source.file, folder)}:${source.line}`;
}

export function shortPath(file: string, folder: string): string {
  const short = relative(folder, file);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? file : short;
}

/** Sorts by file, line and column, and drops repeats: a mistake in `defaults` is found in every profile. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  const sorted = [...problems].sort(
    (a, b) =>
      compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.message, b.message),
  );
  return sorted.filter((problem, index) => {
    const before = sorted[index - 1];
    return before === undefined || formatProblem(before) !== formatProblem(problem);
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A longer text resembles no name, and to compare it takes seconds. */
const LONGEST_NAME = 1000;

/**
 * The candidate that was probably meant: it differs in at most a third of the letters (at least one), has the same
 * letters in another order, or begins or ends with `name`. Letter case and '-' for '_' are ignored. Undefined if none fits.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  const typed = plainForm(name);
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const known = plainForm(candidate);
    const edits = distance(typed, known);
    if (edits < least && isNear(typed, known, edits)) {
      best = candidate;
      least = edits;
    }
  }
  return best;
}

function isNear(typed: string, known: string, edits: number): boolean {
  if (edits <= Math.max(1, Math.floor(typed.length / 3)) && edits < known.length) return true;
  if (typed.length >= 3 && (known.startsWith(typed) || known.endsWith(typed))) return true;
  return [...typed].sort().join('') === [...known].sort().join('');
}

function plainForm(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

/** `; did you mean 'command'?`, or the empty string. */
export function didYouMean(name: string, candidates: Iterable<string>): string {
  const meant = nearest(name, candidates);
  return meant === undefined ? '' : `; did you mean '${meant}'?`;
}

/** `a, b or c`. */
export function alternatives(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
