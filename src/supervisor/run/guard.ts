import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { errorCode, errorMessage } from '../../util/errno.ts';
import { MARK } from '../tree/mark.ts';
import type { ProcessId } from '../tree/proc.ts';
import { GUARD } from './guard-script.ts';

/** Guards that may end within a minute before the next has to wait for one. */
const DEATHS = 3;
const MINUTE = 60_000;

/** ms that a guard may take to end once it was told to. */
const ENDS_WITHIN = 2000;

/** A group whose leader's start is not known: this system has no /proc. */
export type LedGroup = Pick<ProcessId, 'pid'> & { readonly started: number | null };

export interface GuardOptions {
  /** What the run's processes have in their environment. */
  readonly entry: string;
  /** There is none for now; plain words. At most once a minute. */
  readonly lost: (reason: string) => void;
  /** ms, of a clock that never goes back. */
  readonly now?: () => number;
}

/**
 * A process that outlives this one, and then ends its gateways: the only answer to SIGKILL, which nobody hears, that
 * reaches grandchildren too (a parent-death signal does not, measured). It keeps neither gwproxy's event loop nor its
 * standard output, terminal or folder.
 */
export class Guard {
  readonly #options: GuardOptions;
  readonly #now: () => number;
  #child: ChildProcess | undefined;
  #groups = '';
  /** A line is on its way: a guard that does not read must not pile them up. */
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
        // Not gwproxy's own: one that is itself of a gateway has its mark, and its guard must outlive it. With none it
        // would be a child of that gateway that hides its own.
        env: { PATH: process.env.PATH ?? '/usr/bin:/bin', [MARK]: 'guard' },
        stdio: ['pipe', 'ignore', 'ignore'],
        // A session of its own: no Ctrl-C and no hang-up of gwproxy's terminal.
        detached: true,
      });
    } catch (error) {
      this.#fails(unrunnable(error));
      return;
    }
    this.#child = child;
    child.once('error', (error) => this.#died(child, unrunnable(error)));
    child.once('exit', (code, signal) => this.#died(child, `its guard ended (${signal ?? `code ${code}`})`));
    // EPIPE: it has ended, and that is told too.
    child.stdin?.on('error', () => {});
    child.unref();
    if (child.stdin instanceof Socket) child.stdin.unref();
    this.#writing = false;
    this.#write();
  }

  /** All groups that there are now. */
  update(groups: readonly LedGroup[]): void {
    this.#groups = groups.map(({ pid, started }) => `${pid}:${started ?? ''}`).join(' ');
    this.#write();
  }

  /** No gateway is left: it ends without a look. Resolves when it has; bounded. */
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
    if (!this.#ended) this.#fails(reason);
  }

  #fails(reason: string): void {
    const now = this.#now();
    this.#deaths = [...this.#deaths.filter((at) => now - at < MINUTE), now];
    if (this.#deaths.length < DEATHS) {
      this.start();
      return;
    }
    this.#options.lost(`${reason}, and no other can be kept; the next attempt is in a minute`);
    this.#retry = setTimeout(() => {
      this.#deaths = [];
      this.start();
    }, MINUTE).unref();
  }
}

function unrunnable(error: unknown): string {
  return `/bin/sh cannot be run: ${errorCode(error) ?? errorMessage(error)}`;
}
