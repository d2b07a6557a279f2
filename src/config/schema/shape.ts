import type { z } from 'zod';
import { mayHoldSecret } from '../mask.ts';
import { alternatives, nearest, type Problem, problemAt } from '../problems.ts';
import {
  keySource,
  type MapTree,
  type Path,
  plain,
  prune,
  type Tree,
  treeAt,
  valueSource,
} from '../source/yaml-tree.ts';
import { correction } from './corrections.ts';

/** The result of checking a tree against a schema. */
export interface Shape<T> {
  /** The value without the wrong parts, so that the rest can still be checked; null if that is invalid too. */
  readonly value: T | null;
  /** The tree without the wrong parts; its paths are those of `value`. */
  readonly tree: MapTree;
  readonly faults: readonly ShapeFault[];
}

export interface ShapeFault {
  readonly path: Path;
  /** The key that an unknown key was probably meant to be. */
  readonly likelyKey: string | null;
  readonly problem: Problem;
}

export interface ShapeRules {
  /** Whether a number or boolean at that path is read as the text that was written. */
  readonly asText: (path: Path) => boolean;
  /** Fields of which only the wrong entry is left out, not the whole field. */
  readonly byEntry: ReadonlySet<string>;
  /** From another tool's name of a key to ours. */
  readonly renames: ReadonlyMap<string, string>;
  /** What to write instead, by keys that belong elsewhere. */
  readonly hints: ReadonlyMap<string, string>;
  /** Fields of which messages show no text, since a secret may be in the wrong place. */
  readonly hidden: ReadonlySet<string>;
}

/** Checks a tree against a schema. Each mistake is one fault, with its place and a message for the config's author. */
export function checkShape<T>(schema: z.ZodType<T>, tree: MapTree, rules: ShapeRules): Shape<T> {
  const first = schema.safeParse(plain(tree, rules.asText));
  if (first.success) return { value: first.data, tree, faults: [] };
  const faults = first.error.issues.flatMap((issue) => explain(issue, tree, [], rules));
  const rest = prune(
    tree,
    faults.map(({ path }) => prunedPath(path, rules)),
  );
  const second = schema.safeParse(plain(rest, rules.asText));
  return { value: second.success ? second.data : null, tree: rest, faults };
}

/** The part to leave out for a mistake at that path: the field, or its entry for fields in `byEntry`. */
export function prunedPath(path: Path, rules: ShapeRules): Path {
  return path.slice(0, rules.byEntry.has(String(path[0])) ? 2 : 1);
}

type Issue = z.core.$ZodIssue;

function explain(issue: Issue, tree: Tree, above: Path, rules: ShapeRules): readonly ShapeFault[] {
  const path = [...above, ...issue.path.map((name) => (typeof name === 'number' ? name : String(name)))];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => unknownKey(tree, [...path, key], issue.message.split(' '), rules));
  }
  if (issue.code === 'invalid_union') {
    const branch = issue.errors.find((issues) => !issues.some(isOtherKind));
    if (branch !== undefined) return branch.flatMap((inner) => explain(inner, tree, path, rules));
  }
  if (issue.code === 'invalid_key') {
    const message = `${label(path)}: the name ${issue.issues[0]?.message ?? issue.message}`;
    return [{ path, likelyKey: null, problem: problemAt(keySource(tree, path), message) }];
  }
  const problem = problemAt(valueSource(tree, path), wrongValue(issue, tree, path, rules));
  const isSecret = rules.hidden.has(String(path[0]));
  return [{ path, likelyKey: null, problem: isSecret ? { ...problem, isSecret } : problem }];
}

/** Whether an alternative of a union fails since the value has another type. */
function isOtherKind(issue: Issue): boolean {
  return issue.path.length === 0 && (issue.code === 'invalid_type' || issue.code === 'invalid_value');
}

function unknownKey(tree: Tree, path: Path, known: readonly string[], rules: ShapeRules): ShapeFault {
  const name = String(path.at(-1));
  const top = path.length === 1;
  const hint = top ? rules.hints.get(name) : undefined;
  const meant =
    hint === undefined ? ((top ? rules.renames.get(name) : undefined) ?? nearest(name, known)) : undefined;
  const near = meant === undefined ? `the keys here are ${known.join(', ')}` : `did you mean '${meant}'?`;
  const problem = problemAt(
    keySource(tree, path),
    `unknown key${mayHoldSecret(name) ? '' : ` '${name}'`}; ${hint ?? near}`,
  );
  return { path, likelyKey: meant ?? null, problem };
}

function wrongValue(issue: Issue, tree: Tree, path: Path, rules: ShapeRules): string {
  if (issue.code === 'custom') return `${label(path)} ${issue.message}`;
  const found = treeAt(tree, path);
  if (found === undefined) {
    return `${label(path.slice(0, -1))} needs '${path.at(-1)}': ${expected(issue)}`;
  }
  const what = `${label(path)} must be ${expected(issue)}, not `;
  const isText = found.kind === 'scalar' && found.written !== '' && typeof found.value === 'string';
  if (rules.hidden.has(String(path[0]))) return `${what}${isText ? 'a text' : shown(found)}`;
  const isSecret = isText && (path[0] === 'env' || mayHoldSecret(found.written));
  return `${what}${isSecret ? 'a text' : shown(found)}${correction(issue, found)}`;
}

function expected(issue: Issue): string {
  return issue.code === 'invalid_value' ? alternatives(issue.values.map(String)) : issue.message;
}

/** `restart.give_up`, or `slack.team` inside a route. List positions are left out, since line and column show them. */
function label(path: Path): string {
  const [field, item, ...inside] = path;
  if (field !== 'routes' || item === undefined) return named(path) || 'this';
  return named(inside) || 'this route';
}

function named(path: Path): string {
  return path.filter((name) => typeof name === 'string').join('.');
}

/** The text as written, never the interpolated value, which may be a secret. */
function shown(tree: Tree): string {
  if (tree.kind === 'map') return 'a map';
  if (tree.kind === 'list') return tree.items.length === 0 ? 'an empty list' : 'a list';
  if (tree.value === null) return 'empty';
  if (tree.written === '') return 'an empty text';
  const text = tree.written.length > 60 ? `${tree.written.slice(0, 60)}…` : tree.written;
  return typeof tree.value === 'string' ? `'${text}'` : text;
}
