import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { errorCode, errorMessage, hasCode } from '../../util/errno.ts';
import { HAS_GROUPS } from '../tree/process-group.ts';
import { Tree } from '../tree/tree.ts';
import type { Command } from './command.ts';
import { interpreterFault } from './interpreter.ts';
import { Output } from './output.ts';
import { atNiceness, prepare, refusal } from './settings.ts';

/** ms that a pipe may stay open after the last process that was told of. */
const PIPES_CLOSE_WITHIN = 2000;

export interface ProcessHandlers {
  spawned(process: SpawnedProcess): void;
  /** It could not be started; plain words. */
  failed(reason: string): void;
  line(stream: 'stdout' | 'stderr', line: string): void;
  /** So many lines were not, since they came too fast. */
  dropped(lines: number): void;
  /**
   * The leader has ended; `othersLeft`: others of its tree are there, of its group or in sessions of their own, and
   * gone() follows.
   */
  exited(code: number | null, signal: string | null, othersLeft: boolean): void;
  /** Nothing of the tree is left; false where it outlived SIGKILL and was given up. */
  gone(ended: boolean): void;
  /** Its last line was read. */
  closed(): void;
}

export interface SpawnedProcess {
  /** The leader's, and the group's where there are groups. */
  readonly pid: number;
  /** To the whole tree; false where the system does not permit it. */
  signal(signal: NodeJS.Signals): boolean;
}

/**
 * Starts a gateway in a process group and session of its own, with exactly the environment of `command`, in which
 * `mark` is the value of MARK. Its output is read as fast as it comes, so that it never blocks on a full pipe (a
 * Python child stops after 44 KB, measured).
 */
export async function spawnProcess(command: Command, mark: string, handlers: ProcessHandlers): Promise<void> {
  // Loaded at the first start: it costs 90 ms that the door need not wait for.
  const { execa } = await import('execa');
  const { file, args, env, identity, wrapped, spawnAt } = await prepare(command);
  const child = atNiceness(spawnAt, () =>
    execa(file, args, {
      cwd: command.cwd,
      env,
      extendEnv: false,
      stdio: ['ignore', 'pipe', 'pipe', ...(wrapped ? (['pipe'] as const) : [])],
      encoding: 'buffer',
      buffer: false,
      reject: false,
      detached: HAS_GROUPS,
      // Ends are ordered here; execa's own would kill the leader alone, at exit.
      cleanup: false,
      windowsHide: true,
      ...identity,
    }),
  );
  const { pid, stdout, stderr } = child;
  if (pid === undefined) {
    const { cause } = await child;
    handlers.failed(await spawnFailure(command, cause));
    return;
  }
  const exit = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('exit', (code, signal) => resolve([code, signal]));
  });
  const report = child.stdio.at(3);
  const refused = report instanceof Readable ? await refusal(report) : null;
  if (refused !== null) {
    await exit;
    stdout.destroy();
    stderr.destroy();
    handlers.failed(refused);
    return;
  }
  const output = new Output({ stdout, stderr }, handlers);
  const tree = new Tree(pid, mark);
  void exit.then(async ([code, signal]) => {
    const othersLeft = await tree.leaderEnded();
    handlers.exited(code, signal, othersLeft);
    if (othersLeft) handlers.gone(await tree.ended());
    // A process that nothing tells of may hold the pipes for ever; they would add up over restarts.
    await Promise.race([child, pause(PIPES_CLOSE_WITHIN, undefined, { ref: false })]);
    output.close();
    handlers.closed();
  });
  handlers.spawned({ pid, signal: (signal) => tree.signal(signal) });
}

/** Names the program, never its arguments: they may hold secrets. */
async function spawnFailure(command: Command, cause: unknown): Promise<string> {
  const { file, cwd, process } = command;
  const folder = await stat(cwd).then(
    (found) => (found.isDirectory() ? null : `cwd ${cwd} is no folder`),
    (error: unknown) =>
      hasCode(error, 'ENOENT')
        ? `cwd ${cwd} does not exist`
        : `cwd ${cwd} cannot be entered: ${errorCode(error)}`,
  );
  if (folder !== null) return folder;
  const code = errorCode(cause);
  if (code === 'ENOENT') return (await interpreterFault(command)) ?? `command not found: ${file}`;
  if (code === 'EACCES') return `not permitted to run ${file}`;
  const other = process.user ?? process.group;
  if (code === 'EPERM' && other !== null) {
    return `not permitted to run as ${other}: gwproxy does not run as root`;
  }
  return `cannot run ${file}: ${code ?? errorMessage(cause)}`;
}
