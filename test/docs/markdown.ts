import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/root.ts';

/** A fenced block of a page. */
export interface Block {
  /** What stands behind the fence, such as `sh`. */
  readonly info: string;
  /** The number of its first line of text, counted from 1. */
  readonly line: number;
  readonly text: string;
}

export interface Page {
  /** Relative to the checkout. */
  readonly path: string;
  readonly blocks: readonly Block[];
  /** What stands between single backticks outside of the blocks. */
  readonly spans: readonly string[];
  /** Those of them that are bold. */
  readonly boldSpans: readonly string[];
}

/** The pages that users read: README.md, all below docs, and the README of each example. */
export function userPages(): readonly Page[] {
  const below = (folder: string): readonly string[] =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.md') && !file.includes('node_modules'))
      .map((file) => join(folder, file));
  const examples = below('examples').filter((file) => file.endsWith('README.md'));
  return ['README.md', ...below('docs'), ...examples].sort().map(readPage);
}

function readPage(path: string): Page {
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { readonly info: string; readonly line: number; readonly text: string[] } | null = null;
  for (const [index, line] of readFileSync(join(root, path), 'utf8').split('\n').entries()) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (fence === null) (open?.text ?? prose).push(line);
    else if (open === null) open = { info: fence[1]?.trim() ?? '', line: index + 2, text: [] };
    else {
      blocks.push({ info: open.info, line: open.line, text: open.text.join('\n') });
      open = null;
    }
  }
  const text = prose.join('\n');
  const spansOf = (pattern: RegExp) => Array.from(text.matchAll(pattern), ([, span = '']) => span);
  return { path, blocks, spans: spansOf(/`([^`\n]+)`/g), boldSpans: spansOf(/\*\*`([^`\n]+)`/g) };
}
