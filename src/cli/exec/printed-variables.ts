import type { Launch } from '../../config/types.ts';
import { CommandError, EXIT } from '../../errors.ts';
import { runEnvCommand } from '../../supervisor/process/env-command.ts';
import type { SpawnedProcess } from '../../supervisor/process/spawn.ts';

/**
 * What a profile's env_command prints, as a start of the gateway would get it. Throws a CommandError with the reason if it
 * fails. SIGINT and SIGTERM end it.
 */
export async function printedVariables(
  launch: Extract<Launch, { readonly kind: 'command' }>,
): Promise<ReadonlyMap<string, string>> {
  const interrupted = new AbortController();
  const interrupt = (): void => interrupted.abort();
  let helper: SpawnedProcess | undefined;
  const killNow = (): void => void helper?.signal('SIGKILL');
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
  process.on('exit', killNow);
  try {
    const result = await runEnvCommand(launch, `exec-${process.pid}`, {
      signal: interrupted.signal,
      started: (started) => {
        helper = started;
      },
      ended: () => {
        helper = undefined;
      },
    });
    if (result.ok) return result.values;
    throw new CommandError(EXIT.failure, result.reason);
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, interrupt);
    process.off('exit', killNow);
  }
}
