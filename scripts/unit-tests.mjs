import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What starts processes. A package that does so by itself is caught by no-children.mjs when the test runs. */
const SPAWNERS = new Set(['node:child_process', 'execa', 'tree-kill']);
/** Imports in tsc's output, which writes one a statement and quotes with '. */
const STATIC = /^(?:import|export)\b[^;]*?'([^']+)';/gm;
const DYNAMIC = /\bimport\('([^']+)'\)/g;

/**
 * Whether a compiled test starts no process: no chain of static imports leads from it to a file that imports what
 * starts one. So a new test is a unit test or none by what it imports, and there is no list to keep.
 */
export function isUnitTest(file) {
  return !leadsToSpawner(resolve(file), new Set());
}

function leadsToSpawner(file, seen) {
  if (seen.has(file)) return false;
  seen.add(file);
  const source = readFileSync(file, 'utf8');
  const imports = namesIn(source, STATIC);
  if ([...imports, ...namesIn(source, DYNAMIC)].some((name) => SPAWNERS.has(name))) return true;
  return imports.some((name) => name.startsWith('.') && leadsToSpawner(resolve(dirname(file), name), seen));
}

function namesIn(source, pattern) {
  return Array.from(source.matchAll(pattern), ([, name]) => name);
}

/**
 * Writes `count` files to `folder` that import these tests, each test in one of them. Node starts a process for each
 * file that it runs, and for unit tests that start costs more than the tests do (measured: 108 s of CPU for 138
 * files in processes of their own, 40 s in one).
 */
export function bundle(tests, count, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return Array.from({ length: Math.min(count, tests.length) }, (_, index) => {
    const imports = tests
      .filter((_, position) => position % count === index)
      .map((test) => `import ${JSON.stringify(pathToFileURL(resolve(test)).href)};\n`);
    const file = join(folder, `${index}.test.js`);
    writeFileSync(file, imports.join(''));
    return file;
  });
}
