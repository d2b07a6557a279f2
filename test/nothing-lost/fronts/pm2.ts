import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../../faults/support/foreign-server.ts';
import { isAlive } from '../../support/cli.ts';
import { fixture, root } from '../../support/root.ts';
import type { Bot } from '../bot.ts';
import { plainEnv } from './env.ts';
import type { Front, StartFront } from './front.ts';

const PM2 = join(root, 'node_modules', 'pm2', 'bin', 'pm2');
/** The name of http-proxy among pm2's programs. */
const DOOR = 'door';
const READY_MS = 120_000;
const LOOK_MS = 50;

/** pm2 in a home of its own, with these gateways and http-proxy 1.18.1 in front of them, as its programs. */
export const underPm2: StartFront = async (scope, { bots, folder, tag }) => {
  const home = join(folder, 'pm2');
  const env = { ...plainEnv({ tag }), PM2_HOME: home, PM2_DISABLE_VERSION_CHECK: 'true', NO_COLOR: '1' };
  async function pm2(...args: readonly string[]): Promise<void> {
    await promisify(execFile)(process.execPath, [PM2, ...args], { env, maxBuffer: 16 * 1024 ** 2 });
  }
  const port = await freePort();
  const ports = new Map<string, number>();
  for (const { name } of bots) ports.set(name, await freePort());
  const revisions = new Map<string, number>();
  const file = join(folder, 'pm2.config.json');
  const writeConfig = (): Promise<void> =>
    writeFile(file, JSON.stringify({ apps: [door(port, bots, ports), ...bots.map(app)] }));
  function app(bot: Bot): object {
    const { command, env: own } = bot.launch(String(ports.get(bot.name)));
    return program(bot.name, command, { ...own, REVISION: String(revisions.get(bot.name) ?? 0) });
  }

  await writeConfig();
  scope.after(() => pm2('kill'));
  await pm2('start', file);
  for (const { name } of bots) await answers(ports.get(name) ?? 0);
  await answers(port);

  /** Null while it does not run. */
  async function pidOf(name: string): Promise<number | null> {
    const folder = join(home, 'pids');
    const found = (await readdir(folder)).find((entry) => entry.startsWith(`${name}-`));
    if (found === undefined) return null;
    const pid = Number(await readFile(join(folder, found), 'utf8'));
    return pid > 0 && isAlive(pid) ? pid : null;
  }
  async function kill(name: string): Promise<boolean> {
    const pid = await pidOf(name);
    if (pid === null) return false;
    process.kill(pid, 'SIGKILL');
    return true;
  }
  return {
    url: `http://127.0.0.1:${port}`,
    killGateway: kill,
    restartGateway: (bot) => pm2('restart', bot),
    async reload(bot) {
      revisions.set(bot, (revisions.get(bot) ?? 0) + 1);
      await writeConfig();
      await pm2('restart', file, '--only', bot, '--update-env');
    },
    async killDoor() {
      if (await kill(DOOR)) await answers(port);
    },
    async restartDoor() {
      await pm2('restart', DOOR);
      await answers(port);
    },
    spooled: async () => ({ waiting: new Map(), dead: new Map() }),
    counted: () => new Map(),
  } satisfies Front;
};

function door(port: number, bots: readonly Bot[], ports: ReadonlyMap<string, number>): object {
  const table = Object.fromEntries(bots.map(({ name, sender }) => [sender.app, ports.get(name)]));
  const script = fixture('nothing-lost', 'http-proxy.mjs');
  return program(
    DOOR,
    [process.execPath, '--no-deprecation', script, String(port), JSON.stringify(table)],
    {},
  );
}

/** In fork mode, without pm2's agent in it: pm2 is not its interpreter. */
function program(
  name: string,
  [script, ...args]: readonly [string, ...string[]],
  env: Readonly<Record<string, string>>,
): object {
  return { name, script, args, interpreter: 'none', exec_mode: 'fork', vizion: false, env };
}

/** Resolves once something on that port answers, whatever it says. */
async function answers(port: number): Promise<void> {
  for (const since = performance.now(); ; await pause(LOOK_MS)) {
    try {
      await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) });
      return;
    } catch (error) {
      if (performance.now() - since > READY_MS) {
        throw new Error(`nothing answers on port ${port}`, { cause: error });
      }
    }
  }
}
