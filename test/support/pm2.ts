import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cleanUpAfter, type Scope } from './clean-up.ts';
import { type Env, isAlive, runNode } from './cli.ts';
import { root } from './root.ts';
import { temporaryFolder } from './sockets.ts';

/** A pm2 daemon with a home of its own. */
export interface Pm2 {
  /** A folder of its own. */
  readonly at: string;
  /** With which `pm2` and gwproxy find it. */
  readonly env: Env;
  /** Its dump, which `pm2 save` writes. */
  readonly dump: string;
  /** Runs `pm2 …`; rejects if it fails. */
  run(...args: readonly string[]): Promise<void>;
  /** `pm2 kill`, after which the daemon is gone. */
  kill(): Promise<void>;
}

/** The daemon starts with the first `run`; it and its apps are ended after the test. */
export async function startPm2(test: Scope): Promise<Pm2> {
  const at = await temporaryFolder(test);
  const home = join(at, 'pm2');
  const env = { PM2_HOME: home, HOME: at, PM2_DISABLE_VERSION_CHECK: '1', NODE_APP_TEST: 'shell' };
  const run = async (...args: readonly string[]) => {
    const cli = join(root, 'node_modules', 'pm2', 'bin', 'pm2');
    const { code, stdout, stderr } = await runNode([cli, ...args], env);
    assert.equal(code, 0, `pm2 ${args.join(' ')}: ${stdout}${stderr}`);
  };
  const kill = async () => {
    const daemon = Number(await readFile(join(home, 'pm2.pid'), 'utf8'));
    await run('kill');
    await ended(daemon);
  };
  // Before the folder is removed, since the daemon is reached through it.
  cleanUpAfter(test, async () => {
    if (existsSync(join(home, 'pm2.pid'))) await kill();
  });
  return { at, env, dump: join(home, 'dump.pm2'), run, kill };
}

/** `pm2 kill` returns when its daemon has answered, a moment before that has ended. */
async function ended(pid: number): Promise<void> {
  for (const since = performance.now(); isAlive(pid); await pause(20)) {
    assert.ok(performance.now() - since < 15_000, `pm2's daemon ${pid} lives`);
  }
}
