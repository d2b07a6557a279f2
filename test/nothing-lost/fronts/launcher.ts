import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Scope } from '../scope.ts';
import type { Log } from './log.ts';

/** One life of gwproxy. */
export interface Life {
  readonly pid: number;
  /** Its exit code; null where a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** Who starts gwproxy, one life at a time, and reads what it writes into the log. */
export interface Launcher {
  start(): Promise<Life>;
}

const END_MS = 60_000;

/** As a child of the test: while none runs, its port refuses connections. */
export function plainLauncher(
  scope: Scope,
  options: {
    readonly argv: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly log: Log;
  },
): Launcher {
  let current: { readonly child: ChildProcess; readonly life: Life } | null = null;
  let isOver = false;
  scope.after(async () => {
    isOver = true;
    if (current !== null) await endInOrder(current.child, current.life);
  });
  return {
    async start() {
      if (isOver) throw new Error('gwproxy is started no more');
      const [program = '', ...args] = options.argv;
      const child = spawn(program, args, { env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
      // Not 'close': what else holds its pipes is no matter of who starts it again.
      const ended = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null);
      options.log.follow(child.stdout);
      child.stderr.on('data', (chunk: Buffer) => process.stderr.write(chunk));
      await once(child, 'spawn');
      if (child.pid === undefined) throw new Error('gwproxy was not spawned');
      const life = { pid: child.pid, ended };
      current = { child, life };
      return life;
    },
  };
}

/** SIGTERM; one that hangs is killed, and an error. */
async function endInOrder(child: ChildProcess, { ended }: Life): Promise<void> {
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, END_MS);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(timer);
  if (hung) throw new Error(`gwproxy did not end within ${END_MS} ms of SIGTERM`);
}
