import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { fixture } from '../../support/root.ts';
import type { Scope } from '../scope.ts';
import type { Launcher, Life } from './launcher.ts';
import type { Log } from './log.ts';

const Said = z.union([
  z.object({ listening: z.number() }),
  z.object({ started: z.number() }),
  z.object({ ended: z.number(), code: z.number().nullable() }),
]);

/**
 * As systemd does with a socket unit: the port is open before gwproxy and between its lives, and connections wait.
 * Python keeps it, since Node cannot listen without accepting.
 */
export async function activatedLauncher(
  scope: Scope,
  options: {
    readonly port: number;
    readonly argv: readonly string[];
    readonly env: Readonly<Record<string, string>>;
    readonly log: Log;
  },
): Promise<Launcher> {
  const keeper = spawn(
    'python3',
    [fixture('nothing-lost', 'socket-keeper.py'), String(options.port), ...options.argv],
    { env: options.env, stdio: ['pipe', 'pipe', 'inherit', 'pipe'] },
  );
  const closed = once(keeper, 'close');
  const talk = keeper.stdio[3];
  const { stdin, stdout } = keeper;
  if (!(talk instanceof Readable) || stdin === null || stdout === null)
    throw new Error('no pipe to the keeper');
  scope.after(async () => {
    stdin.end();
    await closed;
  });
  options.log.follow(stdout);
  const news = new EventEmitter();
  const endings = new Map<number, (code: number | null) => void>();
  createInterface({ input: talk }).on('line', (line) => {
    const said = Said.parse(JSON.parse(line));
    if ('listening' in said) news.emit('listening');
    else if ('ended' in said) endings.get(said.ended)?.(said.code);
    else {
      const { started: pid } = said;
      const ended = new Promise<number | null>((resolve) => endings.set(pid, resolve));
      const life: Life = { pid, ended };
      news.emit('started', life);
    }
  });
  /** The keeper's next word of that kind; it rejects where the keeper has ended. */
  function told<T>(what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      news.once(what, resolve);
      closed.then(() => reject(new Error('the socket keeper ended; its stderr says why')), reject);
    });
  }
  await told<void>('listening');
  return {
    async start() {
      const started = told<Life>('started');
      stdin.write('\n');
      return started;
    },
  };
}
