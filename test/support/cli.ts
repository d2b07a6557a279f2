import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type ProfileStatus, parseStatus, type Status } from '../../src/admin/status.ts';
import { cleanUpAfter, type Scope } from './clean-up.ts';
import { root } from './root.ts';

/** One line of the log: an event's fields, its `type` among them, beside level, time (epoch ms) and msg. */
export type LogLine = Readonly<Record<string, unknown>>;

export type Env = Readonly<Record<string, string>>;

/** `gwproxy up` as a child process of the test. */
export interface Gwproxy {
  readonly pid: number;
  /** Of the public port. */
  readonly url: string;
  /** The first line that passes the test, seen already or still to come. Rejects when gwproxy ends before. */
  waitFor(what: string, test: (line: LogLine) => boolean, withinMs?: number): Promise<LogLine>;
  /** Resolves when that profile's gateway is ready, in that life of it or a later one. */
  ready(profile: string, generation?: number): Promise<LogLine>;
  /** The lines of gwproxy's log so far that have that type. */
  logged(type: string): readonly LogLine[];
  /** What a gateway has written so far, line by line. */
  output(profile: string): readonly string[];
  status(): Promise<Status>;
  profile(name: string): Promise<ProfileStatus>;
  /** Sends SIGTERM; the exit code, null where a signal ended it. */
  stop(): Promise<number | null>;
}

const CLI = join(root, 'dist', 'cli', 'main.js');
const WAIT_MS = 30_000;
const STOP_MS = 40_000;

/**
 * Starts the built command line on that config, for all profiles or those named, and waits until it listens.
 * `after` is a test's own: gwproxy and its state folder are gone when it has run.
 */
export async function startGwproxy(
  test: Scope,
  config: string,
  env: Env = {},
  profiles: readonly string[] = [],
): Promise<Gwproxy> {
  const state = await mkdtemp(join(tmpdir(), 'gwproxy-'));
  const childEnv = cleanEnv({ GWPROXY_PORT: '0', GWPROXY_STATE_DIR: state, ...env });
  const child = spawn(process.execPath, [CLI, 'up', ...profiles, '-c', config], {
    env: childEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null);
  const log = followLog(child);
  cleanUpAfter(test, async () => {
    await endInOrder(child, ended);
    await rm(state, { recursive: true, force: true });
  });

  const listening = await log.waitFor('listening', (line) => line.type === 'door.listening');
  async function status(): Promise<Status> {
    const { code, stdout, stderr } = await runCli(['status', '--json', '-c', config], childEnv);
    if (code !== 0) throw new Error(`gwproxy status ended with ${code}: ${stderr}`);
    return parseStatus(JSON.parse(stdout));
  }
  return {
    pid: pidOf(child),
    url: `http://${listening.host}:${listening.port}`,
    waitFor: log.waitFor,
    ready: (profile, generation = 1) =>
      log.waitFor(
        `${profile} ready`,
        (line) =>
          line.type === 'gateway.state' &&
          line.profile === profile &&
          line.state === 'ready' &&
          Number(line.generation) >= generation,
        120_000,
      ),
    logged: (type) => log.lines.filter((line) => line.type === type),
    output: (profile) =>
      log.lines.flatMap((line) =>
        line.type === 'gateway.output' && line.profile === profile ? [String(line.line)] : [],
      ),
    status,
    async profile(name) {
      const found = (await status()).profiles.find((profile) => profile.name === name);
      if (found === undefined) throw new Error(`gwproxy status knows no profile ${name}`);
      return found;
    },
    async stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** One call of the built command line, to its end. */
export function runCli(
  args: readonly string[],
  env: Env = {},
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  return runNode([CLI, ...args], env);
}

/** One run of a program of the checkout with this Node, to its end. */
export function runNode(
  args: readonly string[],
  env: Env = {},
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      args,
      { cwd: root, env: cleanEnv(env), timeout: 60_000 },
      (_failed, stdout, stderr) => resolve({ code: child.exitCode, stdout, stderr }),
    );
  });
}

/** Whether a process with that id is there still. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** Of the test's own environment only what a program needs to run: NODE_TEST_CONTEXT would change the child. */
function cleanEnv(env: Env): Env {
  return { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? tmpdir(), ...env };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('gwproxy was not spawned');
  return child.pid;
}

function followLog(child: ChildProcess) {
  const lines: LogLine[] = [];
  const news = new EventEmitter().setMaxListeners(0);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  if (child.stdout === null) throw new Error('gwproxy has no stdout to follow');
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = parseLine(text);
    lines.push(line);
    news.emit('line', line);
  });
  let over = false;
  child.on('close', () => {
    over = true;
    news.emit('over');
  });

  function waitFor(
    what: string,
    test: (line: LogLine) => boolean,
    withinMs: number = WAIT_MS,
  ): Promise<LogLine> {
    const seen = lines.find(test);
    if (seen !== undefined) return Promise.resolve(seen);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => settle(() => fail(`not within ${withinMs} ms`)), withinMs);
      const onLine = (line: LogLine) => {
        if (test(line)) settle(() => resolve(line));
      };
      const onOver = () => settle(() => fail('gwproxy ended before'));
      function settle(how: () => void): void {
        clearTimeout(timer);
        news.off('line', onLine).off('over', onOver);
        how();
      }
      function fail(why: string): void {
        const last = lines.slice(-20).map((line) => JSON.stringify(line));
        reject(new Error([`${what}: ${why}`, ...last, stderr].join('\n')));
      }
      news.on('line', onLine).on('over', onOver);
      if (over) onOver();
    });
  }
  return { lines, waitFor };
}

function parseLine(text: string): LogLine {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) throw new Error(`not a line of the log: ${text}`);
  return Object.fromEntries(Object.entries(value));
}

/** SIGTERM, so that no gateway is left; a gwproxy that hangs is a failure of its own. */
async function endInOrder(child: ChildProcess, ended: Promise<number | null>): Promise<void> {
  child.kill('SIGTERM');
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, STOP_MS);
  await ended;
  clearTimeout(timer);
  if (hung) throw new Error(`gwproxy did not end within ${STOP_MS} ms of SIGTERM`);
}
