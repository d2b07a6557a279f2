import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { EXIT } from '../../../src/errors.ts';
import { freePort } from '../../faults/support/foreign-server.ts';
import { runCli } from '../../support/cli.ts';
import { root } from '../../support/root.ts';
import type { Bot } from '../bot.ts';
import type { Features } from '../options.ts';
import type { Authority } from '../senders/tokens.ts';
import { activatedLauncher } from './activated-launcher.ts';
import { plainEnv } from './env.ts';
import type { Front, Spooled, StartFront } from './front.ts';
import { gwproxyConfig } from './gwproxy-config.ts';
import { type Life, plainLauncher } from './launcher.ts';
import { createLog, type LogLine } from './log.ts';
import { parseSpool } from './spool-listing.ts';

const MAIN = join(root, 'dist', 'cli', 'main.js');
const LISTEN_MS = 60_000;
const READY_MS = 120_000;
const APPLY_MS = 30_000;
/** As a service manager waits before it starts again what has just ended. */
const AGAIN_MS = 100;
const STARTS = 20;
const NONE: Spooled = { waiting: new Map(), dead: new Map() };

/** The built gwproxy in front of these gateways, which are its children. */
export function underGwproxy(options: {
  readonly features: Features;
  readonly authority: Authority;
  /** The URL where its keys are. */
  readonly world: string;
}): StartFront {
  return async (scope, { bots, folder, tag }) => {
    const { features, authority, world } = options;
    const port = await freePort();
    const config = join(folder, 'gwproxy.yaml');
    const keysFile = join(folder, 'keys.json');
    await writeFile(keysFile, authority.keys);
    const revisions = new Map<string, number>();
    const writeConfig = (): Promise<void> =>
      writeFile(config, gwproxyConfig({ port, bots, tag, features, keysFile, authority: world, revisions }));
    await writeConfig();

    const env = { ...plainEnv({ tag }), GWPROXY_STATE_DIR: join(folder, 'state') };
    const log = createLog();
    const argv = [process.execPath, MAIN, 'up', '-c', config];
    const launcher = features.activation
      ? await activatedLauncher(scope, { port, argv, env, log })
      : plainLauncher(scope, { argv, env, log });
    const watched = watch(log.onLine);
    const fleet = watched.ready(bots);
    let life = await begin();

    /** Starts it until it listens: its first tries may come before its port or its state is free. */
    async function begin(): Promise<Life> {
      for (let tries = 1; ; tries++) {
        const listening = log.next('listening', ({ type }) => type === 'door.listening', LISTEN_MS);
        const begun = await launcher.start();
        let code: number | null = null;
        void begun.ended.then((told) => {
          code = told;
          log.ended(told);
        });
        try {
          await listening;
          return begun;
        } catch (error) {
          if (tries === STARTS || (code !== EXIT.cannotServe && code !== EXIT.alreadyRunning)) throw error;
          watched.count('starts that failed');
          await pause(AGAIN_MS);
        }
      }
    }
    async function cli(...args: readonly string[]): Promise<string> {
      const { code, stdout, stderr } = await runCli([...args, '-c', config], env);
      if (code !== 0)
        throw new Error(`gwproxy ${args.join(' ')} ended with ${code}: ${stderr}\n${log.tail()}`);
      return stdout;
    }
    async function renew(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
      process.kill(life.pid, signal);
      await life.ended;
      watched.forget();
      life = await begin();
    }
    await within(fleet, READY_MS, () => `not every gateway became ready\n${log.tail()}`);

    return {
      url: `http://127.0.0.1:${port}`,
      async killGateway(bot) {
        const pid = watched.pidOf(bot);
        if (pid === null) return false;
        process.kill(pid, 'SIGKILL');
        return true;
      },
      restartGateway: async (bot) => void (await cli('restart', bot)),
      async reload(bot) {
        revisions.set(bot, (revisions.get(bot) ?? 0) + 1);
        await writeConfig();
        const applied = log.next('the new config', ({ type }) => type === 'config.applied', APPLY_MS);
        process.kill(life.pid, 'SIGHUP');
        await applied;
      },
      killDoor: () => renew('SIGKILL'),
      restartDoor: () => renew('SIGTERM'),
      spooled: async () => (features.spool ? parseSpool(await cli('spool', '--json')) : NONE),
      counted: () => watched.counts,
    } satisfies Front;
  };
}

/** What gwproxy's log says of the gateways now, and how often it said what counts. */
function watch(onLine: (take: (line: LogLine) => void) => void) {
  const pids = new Map<string, number>();
  const ready = new Set<string>();
  const counts = new Map<string, number>();
  let news: () => void = () => {};
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  onLine(({ type, profile, state, pid, code, reason }) => {
    if (typeof type !== 'string') return;
    if (type === 'spool.lost') count(`${type}: ${reason}`);
    else if (type.startsWith('spool.')) count(type);
    if (type === 'door.refused') count(`refused with ${code}`);
    if (type !== 'gateway.state' || typeof profile !== 'string') return;
    if (typeof pid === 'number') pids.set(profile, pid);
    else pids.delete(profile);
    if (state === 'ready') ready.add(profile);
    news();
  });
  return {
    counts,
    count,
    pidOf: (bot: string): number | null => pids.get(bot) ?? null,
    forget: () => pids.clear(),
    /** Resolves once each was ready, at whatever time. */
    ready: (bots: readonly Bot[]) =>
      new Promise<void>((resolve) => {
        news = () => {
          if (bots.every(({ name }) => ready.has(name))) resolve();
        };
        news();
      }),
  };
}

async function within(done: Promise<void>, ms: number, message: () => string): Promise<void> {
  const stop = new AbortController();
  const late = pause(ms, undefined, { signal: stop.signal }).then(
    () => Promise.reject(new Error(message())),
    () => {},
  );
  await Promise.race([done, late]);
  stop.abort();
}
