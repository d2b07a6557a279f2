// Loaded before each unit test: a process that it starts nevertheless is refused, with what to do.
import childProcess, { ChildProcess } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

// The test runner is started with the same flags, and starts a process for each file itself.
if (process.env.NODE_TEST_CONTEXT !== undefined) {
  const refuse = () => {
    throw new Error(
      'This test starts a process, and `npm run test:unit` runs only tests that start none. Import what starts it ' +
        'statically (node:child_process, test/support/cli.ts, …): then the file is no unit test, and `npm test` runs it.',
    );
  };
  // spawn, fork, exec and execFile all come to this one method.
  ChildProcess.prototype.spawn = refuse;
  childProcess.spawnSync = refuse;
  childProcess.execSync = refuse;
  childProcess.execFileSync = refuse;
  syncBuiltinESMExports();
}
