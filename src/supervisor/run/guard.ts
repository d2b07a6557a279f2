import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { errorCode, errorMessage } from '../../util/errno.ts';
import { GUARD_MARK, MARK } from '../tree/mark.ts';
import type { ProcessId } from '../tree/proc.ts';
import { GUARD } from './guard-script.ts';

/** If this many guards end within a minute, the next one is started a minute later. */
const MOST_DEATHS = 3;
const MINUTE = 60_000;

/** ms for a guard to end in order. */
const ENDS_WITHIN = 2000;

/** A process group; `started` is its leader's start, null on systems without /proc. */
export type ProcessGroup = Pick<ProcessId, 'pid'> & { readonly started: number | null };

export interface GuardOptions {
  /** The beginning of the environment entry that marks the run's processes. */
  readonly entry: string;
  /** Called when there is no guard for now; at most once a minute. */
  readonly lost: (reason: string) => void;
  /** ms of a monotonic clock. */
  readonly now?: () => number;
}

/**
 * A process that outlives gwproxy and then ends its gateways. SIGKILL cannot be handled, and a parent-death signal does
 * not reach grandchildren (measured). The guard keeps neither gwproxy's event loop alive nor its standard output,
 * terminal or folder in use.
 */
export class Guard {
  readonly #options: GuardOptions;
  readonly #now: () => number;
  #child: ChildProcess | undefined;
  #groups = '';
  /** A line is being written: lines must not pile up if the guard does not read. */
  #writing = false;
  #deaths: readonly number[] = [];
  #retry: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** The guard's pid; null while there is none. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    if (this.#ended) return;
    let child: ChildProcess;
    try {
      child = spawn('/bin/sh', ['-c', GUARD, 'gwproxy-guard', this.#options.entry], {
        cwd: '/',
        // A gwproxy that runs within a gateway of another one has that gateway's mark, and its guard must outlive it.
        // Without any mark, the guard would count as a child of that gateway that hides its environment.
        env: { PATH: process.env.PATH ?? '/usr/bin:/bin', [MARK]: GUARD_MARK },
        stdio: ['pipe', 'ignore', 'ignore'],
        // In a session of its own it gets neither Ctrl-C nor the hang-up of gwproxy's terminal.
        detached: true,
      });
    } catch (error) {
      this.#restart(notRunnableText(error));
      return;
    }
    this.#child = child;
    child.once('error', (error) => this.#died(child, notRunnableText(error)));
    child.once('exit', (code, signal) => this.#died(child, `its guard ended (${signal ?? `code ${code}`})`));
    // EPIPE: the guard has ended, and 'exit' reports that.
    child.stdin?.on('error', () => {});
    child.unref();
    if (child.stdin instanceof Socket) child.stdin.unref();
    this.#writing = false;
    this.#write();
  }

  /** Replaces the list of all groups. */
  update(groups: readonly ProcessGroup[]): void {
    this.#groups = groups.map(({ pid, started }) => `${pid}:${started ?? ''}`).join(' ');
    this.#write();
  }

  /**
   * Must be called when no gateway is left: ends the guard, which then kills nothing. Resolves when it has ended;
   * bounded.
   */
  async end(): Promise<void> {
    this.#ended = true;
    clearTimeout(this.#retry);
    const child = this.#child;
    if (child === undefined) return;
    child.ref();
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, ENDS_WITHIN);
      child.once('exit', () => {
        clearTimeout(late);
        resolve();
      });
      child.stdin?.end('bye\n');
    });
    child.unref();
  }

  #write(): void {
    const { stdin } = this.#child ?? {};
    if (this.#writing || this.#ended || !stdin?.writable) return;
    const line = this.#groups;
    this.#writing = true;
    stdin.write(`${line}\n`, () => {
      this.#writing = false;
      if (line !== this.#groups) this.#write();
    });
  }

  #died(child: ChildProcess, reason: string): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    if (!this.#ended) this.#restart(reason);
  }

  #restart(reason: string): void {
    const now = this.#now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < MINUTE), now];
    if (this.#deaths.length < MOST_DEATHS) {
      this.start();
      return;
    }
    this.#options.lost(`${reason}, as did the ones before; the next one is started in a minute`);
    this.#retry = setTimeout(() => {
      this.#deaths = [];
      this.start();
    }, MINUTE).unref();
  }
}

function notRunnableText(error: unknown): string {
  return `/bin/sh cannot be run: ${errorCode(error) ?? errorMessage(error)}`;
}
