// Runs node:test on every compiled test file below the folders (or files) named, or on all of them.
// Node 20 takes no glob and Node 22 takes no folder after --test, so the files are listed here.
// test/real/ starts gateways that need a set-up of their own and runs only when it is named.
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const build = '.test-build';
const real = join(build, 'test', 'real');
const named = process.argv.slice(2).map((path) => join(build, path.replace(/\.ts$/, '.js')));
const files = (named.length > 0 ? named : [join(build, 'test')])
  .flatMap((path) =>
    statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' }).map((file) => join(path, file))
      : [path],
  )
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => named.length > 0 || !file.startsWith(real))
  .sort();

if (files.length === 0) {
  console.error(`no test file below ${named.join(', ') || build}`);
  process.exit(1);
}
// The real gateways have fixed ports: one file at a time. One of them is under load for minutes.
const areReal = files.some((file) => file.startsWith(real));
const limits = areReal ? ['--test-timeout=900000', '--test-concurrency=1'] : ['--test-timeout=300000'];
const flags = ['--enable-source-maps', '--test', ...limits];
const run = spawnSync(process.execPath, [...flags, ...files], { stdio: 'inherit' });
process.exit(run.status ?? 1);
