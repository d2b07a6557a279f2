import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { root } from '../support/root.ts';

const FENCED = /^```.*?^```$/gms;
/** `[text](target)`, also of a picture; an address of the web is not looked at. */
const LINK = /\[[^\]]*\]\((?![a-z]+:)([^)\s]+)\)/g;

const pages = [
  ...readdirSync(root).map((file) => join(root, file)),
  ...['docs', 'examples', '.github'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) =>
      join(root, folder, file),
    ),
  ),
].filter((file) => file.endsWith('.md'));

/** The ids that GitHub gives to a page's headings: lower case, punctuation dropped, spaces as hyphens. */
function anchorsOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8').replace(FENCED, '');
  const seen = new Map<string, number>();
  return Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading = '']) => {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    const earlier = seen.get(slug) ?? 0;
    seen.set(slug, earlier + 1);
    return earlier === 0 ? slug : `${slug}-${earlier}`;
  });
}

for (const page of pages) {
  test(`every link of ${relative(root, page)} leads somewhere`, () => {
    const text = readFileSync(page, 'utf8').replace(FENCED, '');
    const dead = Array.from(text.matchAll(LINK), ([, link = '']) => link).filter((link) => {
      const [path = '', anchor] = link.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(file)) return true;
      return anchor !== undefined && !anchorsOf(file).includes(anchor);
    });
    assert.deepEqual(dead, []);
  });
}
