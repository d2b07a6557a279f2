// Runs node:test on every compiled test file below the folders (or files) named, or on all of them.
// usage: node scripts/test.mjs [--unit] [--concurrency=N] [test/FOLDER | test/FILE.test.ts …]
//   --unit: only the tests that start no process
// Node 20 takes no glob and Node 22 takes no folder after --test, so the files are listed here.
// test/real/ and test/real-openclaw/ start gateways that need a set-up of their own and run only when they are named.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle, isUnitTest } from './unit-tests.mjs';

const { values, positionals } = parseArgs({
  options: { unit: { type: 'boolean', default: false }, concurrency: { type: 'string' } },
  allowPositionals: true,
});
const build = '.test-build';
const real = join(build, 'test', 'real');
const named = positionals.map((path) => join(build, path.replace(/\.ts$/, '.js')));
const files = (named.length > 0 ? named : [join(build, 'test')])
  .flatMap((path) =>
    statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' }).map((file) => join(path, file))
      : [path],
  )
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => named.length > 0 || !file.startsWith(real))
  .sort();
const units = files.filter(isUnitTest);

if ((values.unit ? units : files).length === 0) {
  console.error(`no test file below ${named.join(', ') || build}`);
  process.exit(1);
}
// The real gateways have fixed ports: one file at a time. One of them is under load for minutes.
const areReal = files.some((file) => file.startsWith(real));
// Node's default is a core less. Most tests wait for processes and sockets most of the time.
const concurrency = areReal ? 1 : Number(values.concurrency ?? availableParallelism());
// Tests that are named run in processes of their own, so that each can be looked at alone.
const bundled = named.length > 0 ? units : bundle(units, 2 * availableParallelism(), join(build, 'units'));
const others = values.unit ? [] : files.filter((file) => !units.includes(file));
const run = spawnSync(
  process.execPath,
  [
    '--enable-source-maps',
    ...(values.unit ? ['--import', new URL('no-children.mjs', import.meta.url).href] : []),
    '--test',
    `--test-timeout=${areReal ? 900_000 : 300_000}`,
    `--test-concurrency=${concurrency}`,
    ...others,
    ...bundled,
  ],
  { stdio: 'inherit' },
);
process.exit(run.status ?? 1);
