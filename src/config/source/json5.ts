import { parse, type ValueNode } from '@humanwhocodes/momoa';
import JSON5 from 'json5';
import type { Source } from '../../routing/route.ts';
import { errorMessage } from '../../util/errno.ts';
import { problemAt } from '../problems.ts';
import type { Parsed } from './yaml.ts';
import type { Entry, Tree } from './yaml-tree.ts';

/** Deeper nesting is refused, so that no file can exhaust the stack. No real one comes near it. */
const DEEPEST = 500;

/**
 * Parses JSON5 (spec.json5.org), which includes JSON, into a tree with places. Of a key that is set twice the last value
 * counts, as for JSON.parse. The only problem is the first syntax error; an empty file has one.
 *
 * json5 decides what is valid. momoa, which knows the places, reads valid texts only: it never returns from one that ends
 * in a text with a backslash, as a file that is being written may (3.3.13).
 */
export function parseJson5(file: string, text: string): Parsed {
  if (deepest(text) > DEEPEST) {
    const message = `must not be nested more than ${DEEPEST} levels deep`;
    return { tree: null, problems: [problemAt({ file, line: 1, column: 1 }, message)] };
  }
  try {
    const json5 = text.replace(/^\uFEFF/, '');
    JSON5.parse(json5);
    const { body } = parse(json5, { mode: 'json5' });
    return { tree: treeOf(body, file), problems: [] };
  } catch (error) {
    return {
      tree: null,
      problems: [problemAt({ file, ...placeOf(error) }, `not JSON5: ${reasonOf(error)}`)],
    };
  }
}

/** How deep brackets are nested at most. Those in texts and comments count too, so that it is never too small. */
function deepest(text: string): number {
  let depth = 0;
  let most = 0;
  for (const character of text) {
    if (character === '{' || character === '[') {
      depth += 1;
      most = Math.max(most, depth);
    } else if (character === '}' || character === ']') depth = Math.max(0, depth - 1);
  }
  return most;
}

function treeOf(node: ValueNode, file: string): Tree {
  const source = sourceOf(node.loc.start, file);
  switch (node.type) {
    case 'Object': {
      const entries = node.members.map(({ name, value }): [string, Entry] => [
        name.type === 'Identifier' ? name.name : name.value,
        { key: sourceOf(name.loc.start, file), value: treeOf(value, file) },
      ]);
      return { kind: 'map', source, entries: new Map(entries) };
    }
    case 'Array':
      return { kind: 'list', source, items: node.elements.map(({ value }) => treeOf(value, file)) };
    case 'Null':
      return { kind: 'scalar', source, value: null, written: 'null' };
    case 'NaN':
      return { kind: 'scalar', source, value: Number.NaN, written: 'NaN' };
    case 'Infinity':
      return number(node.sign === '-' ? -Infinity : Infinity, source);
    case 'Number':
      return number(node.value, source);
    case 'String':
    case 'Boolean':
      return { kind: 'scalar', source, value: node.value, written: String(node.value) };
  }
}

function number(value: number, source: Source): Tree {
  return { kind: 'scalar', source, value, written: String(value) };
}

function sourceOf({ line, column }: { line: number; column: number }, file: string): Source {
  return { file, line, column };
}

/** The place that a syntax error of json5 names; the beginning for any other error. */
function placeOf(error: unknown): { line: number; column: number } {
  if (!(error instanceof Error) || !('lineNumber' in error && 'columnNumber' in error)) {
    return { line: 1, column: 1 };
  }
  const { lineNumber: line, columnNumber: column } = error;
  return typeof line === 'number' && typeof column === 'number' ? { line, column } : { line: 1, column: 1 };
}

/** The parser's message without its name, and without the place, which the problem names. */
function reasonOf(error: unknown): string {
  return errorMessage(error)
    .replace(/^JSON5: /, '')
    .replace(/ at \d+:\d+$/, '');
}
