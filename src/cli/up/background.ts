import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CommandError, EXIT } from '../../errors.ts';
import { MAIN_PATH } from '../main-path.ts';
import { READY } from './start-notifier.ts';

/** ms. A start takes well under a second, or longer if it first ends the processes of a killed gwproxy. */
const LISTENS_WITHIN = 30_000;
const ENDS_WITHIN = 5000;

/**
 * Starts `gwproxy up` in a session of its own, detached from this terminal, and resolves when its public port is open. Its
 * stderr goes to `up.log` in the state folder. Throws a CommandError with that text and its exit code if it ends before,
 * or 70 if it does not listen in time; no process is left then.
 */
export async function startInBackground(args: readonly string[], folder: string): Promise<void> {
  const file = join(folder, 'up.log');
  const log = openSync(file, 'w', 0o600);
  const child = spawn(process.execPath, [MAIN_PATH, 'up', '--json', ...args], {
    detached: true,
    // Its events go to its own log; a pipe would break when this process ends.
    stdio: ['ignore', 'ignore', log, 'ipc'],
    windowsHide: true,
  });
  closeSync(log);
  const interrupted = (): void => {
    child.kill('SIGTERM');
  };
  // It is in another session, so Ctrl-C on this terminal does not reach it.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupted);
  try {
    const outcome = await waitForOutcome(child);
    if (outcome === READY) return;
    if (outcome === 'late') await terminate(child);
    throw startFailure(outcome, readFileSync(file, 'utf8').trim());
  } finally {
    for (const signal of signals) process.off(signal, interrupted);
    if (child.connected) child.disconnect();
    child.unref();
  }
}

type StartOutcome = typeof READY | 'late' | { readonly code: number | null; readonly signal: string | null };

async function waitForOutcome(child: ChildProcess): Promise<StartOutcome> {
  const settled = new AbortController();
  const { signal } = settled;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then((): StartOutcome => READY),
      once(child, 'exit', { signal }).then(
        ([code, by]: unknown[]): StartOutcome => ({
          code: typeof code === 'number' ? code : null,
          signal: typeof by === 'string' ? by : null,
        }),
      ),
      wait(LISTENS_WITHIN, 'late' as const, { signal }),
    ]);
  } finally {
    settled.abort();
  }
}

async function terminate(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const slow = AbortSignal.timeout(ENDS_WITHIN);
  slow.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
  await gone;
}

function startFailure(outcome: Exclude<StartOutcome, typeof READY>, said: string): CommandError {
  if (outcome === 'late') {
    const seconds = LISTENS_WITHIN / 1000;
    return new CommandError(
      EXIT.cannotServe,
      [said, `gwproxy did not listen within ${seconds} s and was ended; try \`gwproxy up\` in the foreground`]
        .join('\n')
        .trim(),
    );
  }
  const { code, signal } = outcome;
  const how = signal === null ? `with code ${code}` : `by ${signal}`;
  const known = Object.values(EXIT).find((exit) => exit === code && exit !== EXIT.ok);
  return new CommandError(known ?? EXIT.cannotServe, said || `gwproxy ended ${how} before it listened`);
}
