import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { groupAlive, groupExists, HAS_GROUPS, signalGroup } from './group.ts';
import type { Command } from './launch.ts';
import { createLines } from './output.ts';
import { systemCode } from './words.ts';

/** How long a group may outlive SIGKILL before it is given up, and a pipe its group. */
const LEFT_BEHIND_AFTER = 2000;

export interface ProcessHandlers {
  spawned(process: GatewayProcess): void;
  /** It could not be started; plain words. */
  failed(reason: string): void;
  line(stream: 'stdout' | 'stderr', line: string): void;
  /** So many lines were not, since they came too fast. */
  dropped(lines: number): void;
  /** The leader has ended; `groupLeft`: others of its group are there, and gone() follows. */
  exited(code: number | null, signal: string | null, groupLeft: boolean): void;
  /** Nothing of the group is left; false where it outlived SIGKILL and was given up. */
  gone(ended: boolean): void;
  /** Its last line was read. */
  closed(): void;
}

export interface GatewayProcess {
  /** The leader's, and the group's where there are groups. */
  readonly pid: number;
  /** To the whole group; false where the system does not permit it. */
  signal(signal: NodeJS.Signals): boolean;
}

/**
 * Starts a gateway in a process group of its own, with exactly the environment of `command`. Its output is read as
 * fast as it comes, so that it never blocks on a full pipe (a Python child stops after 44 KB, measured).
 */
export async function spawnProcess(
  command: Command,
  _mark: string,
  handlers: ProcessHandlers,
): Promise<void> {
  // Loaded at the first start: it costs 90 ms that the door need not wait for.
  const { execa } = await import('execa');
  const child = execa(command.file, command.args, {
    cwd: command.cwd,
    env: command.env,
    extendEnv: false,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    encoding: 'buffer',
    buffer: false,
    reject: false,
    detached: HAS_GROUPS,
    // Ends are ordered here; execa's own would kill the leader alone, at exit.
    cleanup: false,
    windowsHide: true,
  });
  const { pid } = child;
  if (pid === undefined) {
    const { cause } = await child;
    handlers.failed(await spawnFailure(command, cause));
    return;
  }
  let killedAt: number | undefined;
  readLines(child.stdout, (line) => handlers.line('stdout', line));
  readLines(child.stderr, (line) => handlers.line('stderr', line));
  child.once('exit', async (code, signal) => {
    const groupLeft = groupExists(pid);
    handlers.exited(code, signal, groupLeft);
    if (groupLeft) handlers.gone(await groupEnds(pid, () => killedAt));
    // A process that left the group (a daemon) may hold the pipes for ever; they would add up over restarts.
    await Promise.race([child, pause(LEFT_BEHIND_AFTER, undefined, { ref: false })]);
    child.stdout.destroy();
    child.stderr.destroy();
    handlers.closed();
  });
  handlers.spawned({
    pid,
    signal(signal) {
      if (signal === 'SIGKILL') killedAt ??= performance.now();
      return signalGroup(pid, signal) !== 'refused';
    },
  });
}

/** Resolves when none of the group is alive; with false where one outlived SIGKILL for too long. */
async function groupEnds(pid: number, killedAt: () => number | undefined): Promise<boolean> {
  const exitedAt = performance.now();
  for (let wait = 2; await groupAlive(pid); wait = Math.min(wait * 2, 100)) {
    const since = Math.max(killedAt() ?? Number.POSITIVE_INFINITY, exitedAt);
    if (performance.now() - since > LEFT_BEHIND_AFTER) return false;
    await pause(wait);
  }
  return true;
}

function readLines(stream: Readable, line: (text: string) => void): void {
  const lines = createLines(line);
  stream.on('data', (chunk: Buffer) => lines.push(chunk));
  // Destroyed where a daemon kept it open: then it has no end.
  stream.once('end', () => lines.end());
  stream.once('close', () => lines.end());
}

/** Names the program, never its arguments: they may hold secrets. */
async function spawnFailure(command: Command, cause: unknown): Promise<string> {
  const folder = await stat(command.cwd).then(
    (found) => (found.isDirectory() ? null : `cwd ${command.cwd} is no folder`),
    (error: unknown) =>
      systemCode(error) === 'ENOENT'
        ? `cwd ${command.cwd} does not exist`
        : `cwd ${command.cwd} cannot be entered: ${systemCode(error)}`,
  );
  if (folder !== null) return folder;
  const code = systemCode(cause);
  if (code === 'ENOENT') return `command not found: ${command.file}`;
  if (code === 'EACCES') return `not permitted to run ${command.file}`;
  return `cannot run ${command.file}: ${code ?? String(cause)}`;
}
