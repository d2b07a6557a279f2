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
  /** Where its links and images lead, as written, those in code left out. */
  readonly links: readonly string[];
  /** The anchors that GitHub gives to its headings. */
  readonly anchors: ReadonlySet<string>;
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

export function readPage(path: string): Page {
  const lines = readFileSync(join(root, path), 'utf8').split('\n');
  const blocks: Block[] = [];
  const prose: string[] = [];
  let open: { readonly info: string; readonly line: number; readonly text: string[] } | null = null;
  for (const [index, line] of lines.entries()) {
    const fence = /^\s*```(.*)$/.exec(line);
    if (fence === null) (open?.text ?? prose).push(line);
    else if (open === null) open = { info: fence[1]?.trim() ?? '', line: index + 2, text: [] };
    else {
      blocks.push({ info: open.info, line: open.line, text: open.text.join('\n') });
      open = null;
    }
  }
  return { path, blocks, links: linksOf(prose.join('\n')), anchors: anchorsOf(prose) };
}

function linksOf(prose: string): readonly string[] {
  const text = prose.replace(/`[^`\n]*`/g, '');
  const targets = [/\]\(([^()\s]+)(?:\s+"[^"]*")?\)/g, /\b(?:src|href)="([^"]+)"/g];
  return targets.flatMap((target) => [...text.matchAll(target)].map(([, link]) => link ?? ''));
}

/** As GitHub makes them: lower case, punctuation left out, a hyphen for each space, `-1` behind a second one. */
function anchorsOf(prose: readonly string[]): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const line of prose) {
    const heading = /^#{1,6} +(.*?) *#*$/.exec(line)?.[1];
    if (heading === undefined) continue;
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
    let unique = slug;
    for (let count = 1; anchors.has(unique); count++) unique = `${slug}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}
