import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('no package.json above this test');
  return findRoot(parent);
}

/** The checkout, wherever the compiled tests lie: fixtures and examples are found from here. */
export const root: string = findRoot(dirname(fileURLToPath(import.meta.url)));

/** A file of test/fixtures. */
export function fixture(...parts: string[]): string {
  return join(root, 'test', 'fixtures', ...parts);
}
