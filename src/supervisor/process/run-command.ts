import { errorMessage } from '../../util/errno.ts';
import { MOST_LATE } from '../../util/timers.ts';
import type { Command } from './command.ts';
import { type ProcessExit, type SpawnedProcess, spawnProcess } from './spawn.ts';

export type CommandResult =
  | ({ readonly kind: 'exited' } & Pick<ProcessExit, 'code' | 'signal' | 'lastWords'>)
  /** It took longer than `timeout`, or `signal` was aborted, and it was killed. */
  | { readonly kind: 'late' | 'aborted' }
  /** It could not be started; `reason` is for the operator. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface RunOptions {
  /** ms. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly started: (process: SpawnedProcess) => void;
  /** No process of its tree is left. */
  readonly ended: (pid: number) => void;
  /** Gets its standard output; the result then comes after the last of it. Without it, it is read and dropped. */
  readonly stdout?: (chunk: Buffer) => void;
}

/**
 * Runs a command to its end, as a gateway is run but for its output: its last words are of stderr alone. Resolves once
 * no process that it started is left: what it leaves behind, or what runs for too long, gets SIGKILL. Never rejects.
 */
export function runCommand(command: Command, mark: string, options: RunOptions): Promise<CommandResult> {
  const { timeout, signal, started, ended, stdout } = options;
  return new Promise((resolve) => {
    let spawned: SpawnedProcess | undefined;
    let cut: 'late' | 'aborted' | null = null;
    let exit: ProcessExit | undefined;
    const kill = (why: 'late' | 'aborted'): void => {
      cut ??= why;
      spawned?.signal('SIGKILL');
    };
    const aborted = (): void => kill('aborted');
    let timer = setTimeout(elapsed, timeout);
    const due = performance.now() + timeout;
    function elapsed(): void {
      const late = performance.now() - due;
      // gwproxy itself was stopped or had no CPU, so the command may have ended in time.
      if (late > MOST_LATE) timer = setTimeout(() => kill('late'), Math.min(late, timeout));
      else kill('late');
    }
    signal.addEventListener('abort', aborted);
    if (signal.aborted) aborted();

    function settle(result: CommandResult): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      if (spawned !== undefined) ended(spawned.pid);
      resolve(result);
    }
    let isTreeEnded = false;
    let isOutputEnded = stdout === undefined;
    function treeEnded(): void {
      isTreeEnded = true;
      finish();
    }
    function finish(): void {
      if (!isTreeEnded || !isOutputEnded) return;
      if (cut !== null) settle({ kind: cut });
      else if (exit !== undefined) settle({ kind: 'exited', ...exit });
    }

    spawnProcess(command, mark, {
      spawned(process) {
        spawned = process;
        started(process);
        if (cut !== null) process.signal('SIGKILL');
      },
      failed: (reason) => settle({ kind: 'failed', reason }),
      line() {},
      stdout: stdout ?? (() => {}),
      dropped() {},
      exited(how) {
        exit = how;
        if (how.othersLeft) spawned?.signal('SIGKILL');
        else treeEnded();
      },
      treeEnded,
      outputEnded() {
        isOutputEnded = true;
        finish();
      },
    }).catch((error: unknown) => settle({ kind: 'failed', reason: errorMessage(error) }));
  });
}
