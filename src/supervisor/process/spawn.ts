import { stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { errorCode, errorMessage, hasCode } from '../../util/errno.ts';
import { type LastWords, OutputTail } from '../last-words/last-words.ts';
import { secretValues } from '../last-words/may-hold-secret.ts';
import { MARK } from '../tree/mark.ts';
import { HAS_GROUPS } from '../tree/process-group.ts';
import { Tree } from '../tree/tree.ts';
import type { Command } from './command.ts';
import { interpreterFault } from './interpreter.ts';
import { OutputReader } from './output.ts';
import { CHANNEL_VARIABLE, ReadyChannel } from './ready-channel.ts';
import { atNiceness, prepareSpawn, refusal } from './settings.ts';

/** ms that a pipe may stay open after the last known process of a gateway has ended. */
const PIPES_CLOSE_WITHIN = 2000;

/** ms to wait after an exit for the last lines of output; normally they have been read already. */
const LAST_LINE_WITHIN = 100;

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** What it has written last until now, without its secrets and those that are given. */
  readonly lastWords: (others?: readonly string[]) => LastWords;
  /** Other processes of its tree are left, in its group or in sessions of their own: treeEnded() follows. */
  readonly othersLeft: boolean;
}

export interface ProcessHandlers {
  spawned(process: SpawnedProcess): void;
  /** It could not be started; `reason` is for the operator. */
  failed(reason: string): void;
  line(stream: 'stdout' | 'stderr', line: string): void;
  /** Its standard output as it is, which may hold secrets: it is then in no line and no last words. */
  readonly stdout?: (chunk: Buffer) => void;
  /** All its output as it is, also what comes too fast to be cut into lines. */
  readonly chunk?: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  /** It has sent the message 'ready' over its IPC channel; without `ready`, the process gets no channel. */
  readonly ready?: () => void;
  /** That many lines came too fast and were dropped. */
  dropped(lines: number): void;
  /** The leader has ended. */
  exited(exit: ProcessExit): void;
  /** No process of the tree is left; false if some outlived SIGKILL and were given up. */
  treeEnded(isComplete: boolean): void;
  /** Its last line was reported. */
  outputEnded(): void;
}

export interface SpawnedProcess {
  /** The leader's pid, which is the group's number where the system has process groups. */
  readonly pid: number;
  /** Signals the whole tree; false if the system does not permit it. */
  signal(signal: NodeJS.Signals): boolean;
  /** What it has written last until now. */
  lastWords(): LastWords;
}

/**
 * Starts a gateway in a process group and session of its own, with exactly the environment of the command and
 * `mark` as the value of MARK. Its output is read as fast as it comes, so that it never blocks on a full pipe (a Python child
 * stops after 44 KB, measured). Rejects with a text for the operator if a setting is not possible.
 */
export async function spawnProcess(
  unmarked: Command,
  mark: string,
  handlers: ProcessHandlers,
): Promise<void> {
  const command: Command = { ...unmarked, env: { ...unmarked.env, [MARK]: mark } };
  // Loading it takes 90 ms, which must not delay the door.
  const { execa } = await import('execa');
  const { file, args, env, identity, wrapped, spawnAt } = await prepareSpawn(command);
  const { ready } = handlers;
  const channelAt = wrapped ? 4 : 3;
  const child = atNiceness(spawnAt, () =>
    execa(file, args, {
      cwd: command.cwd,
      env: ready === undefined ? env : { ...env, [CHANNEL_VARIABLE]: String(channelAt) },
      extendEnv: false,
      stdio: [
        'ignore',
        'pipe',
        'pipe',
        ...(wrapped ? (['pipe'] as const) : []),
        ...(ready === undefined ? [] : (['pipe'] as const)),
      ],
      encoding: 'buffer',
      buffer: false,
      reject: false,
      detached: HAS_GROUPS,
      // execa's own clean-up would kill the leader alone, when gwproxy exits.
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
  const tail = new OutputTail();
  const pipesClosed = Promise.all(
    [stdout, stderr].map((stream) => new Promise<void>((resolve) => stream.once('close', resolve))),
  );
  const isCaptured = (stream: 'stdout' | 'stderr'): boolean =>
    stream === 'stdout' && handlers.stdout !== undefined;
  // Before anything is awaited: when a process exits, Node discards the output that has no reader yet.
  const output = new OutputReader(
    { stdout, stderr },
    {
      line(stream, line) {
        if (isCaptured(stream)) return;
        tail.push(stream, line, performance.now());
        handlers.line(stream, line);
      },
      gap(stream) {
        if (!isCaptured(stream)) tail.gap(stream);
      },
      dropped: (lines) => handlers.dropped(lines),
    },
  );
  if (handlers.stdout !== undefined) stdout.on('data', handlers.stdout);
  const { chunk: seen } = handlers;
  if (seen !== undefined) {
    stdout.on('data', (chunk: Buffer) => seen('stdout', chunk));
    stderr.on('data', (chunk: Buffer) => seen('stderr', chunk));
  }
  const stream = ready === undefined ? undefined : child.stdio.at(channelAt);
  const channel =
    ready !== undefined && stream instanceof Readable ? new ReadyChannel(stream, ready) : undefined;
  const report = wrapped ? child.stdio.at(3) : undefined;
  const refused = report instanceof Readable ? await refusal(report) : null;
  if (refused !== null) {
    await exit;
    output.close();
    channel?.close();
    handlers.failed(refused);
    return;
  }
  const tree = new Tree(pid, mark);
  const lastWords = (others: readonly string[] = []): LastWords =>
    tail.lastWords([...secretValues(command.env, command.secret), ...others]);
  void exit.then(async ([code, signal]) => {
    const othersLeft = await tree.leaderEnded();
    // The remaining processes keep the pipes open.
    if (!othersLeft) await settledWithin(LAST_LINE_WITHIN, pipesClosed);
    handlers.exited({ code, signal, lastWords, othersLeft });
    if (othersLeft) handlers.treeEnded(await tree.ended());
    // A process that we cannot find may hold the pipes for ever, and pipes would pile up over restarts.
    await settledWithin(PIPES_CLOSE_WITHIN, child);
    output.close();
    channel?.close();
    handlers.outputEnded();
  });
  handlers.spawned({ pid, signal: (signal) => tree.signal(signal), lastWords });
}

/** Resolves when `done` does, but after that many ms at the latest. */
async function settledWithin(ms: number, done: PromiseLike<unknown>): Promise<void> {
  await Promise.race([done, pause(ms, undefined, { ref: false })]);
}

/** Why a command could not be spawned, for the operator. Names the program, never its arguments, which may hold secrets. */
async function spawnFailure(command: Command, cause: unknown): Promise<string> {
  const { file, cwd, process } = command;
  const folder = await stat(cwd).then(
    (found) => (found.isDirectory() ? null : `cwd ${cwd} is not a folder`),
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
