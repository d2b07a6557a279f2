import { join } from 'node:path';
import { ask, NoAnswerError } from '../admin/control-client.ts';
import { CommandError, EXIT } from '../errors.ts';
import { controlSocketPath, stateFolder } from '../state-folder.ts';
import { RECORD, readRecord } from '../supervisor/run/run-record.ts';

/** One that is there and says nothing, with what to do about it. */
export class NotRespondingError extends CommandError {
  /** Null where nobody wrote it down. */
  readonly pid: number | null;
  readonly advice: string;
  /** ms that it was given. */
  readonly within: number;

  constructor(pid: number | null, within: number) {
    const shown = pid === null ? 'PID' : String(pid);
    const advice = `kill -CONT ${shown} where it is stopped, or kill -KILL ${shown}: its gateways end with it`;
    const late = `no answer within ${within / 1000} s`;
    super(EXIT.failure, `the gwproxy on this config${pidText(pid)} did not answer: ${late}; ${advice}`);
    this.name = 'HangingError';
    this.pid = pid;
    this.advice = advice;
    this.within = within;
  }
}

export function pidText(pid: number | null): string {
  return pid === null ? '' : ` (pid ${pid})`;
}

/**
 * Asks the gwproxy that runs on this config, which has to answer a question within so many ms. Throws a CommandError: 69
 * where none runs, a HangingError where one does not answer.
 */
export async function askRunning(
  configFile: string,
  method: 'GET' | 'POST',
  path: string,
  within?: number,
): Promise<unknown> {
  const folder = stateFolder(configFile, process.env);
  const socket = controlSocketPath(folder);
  try {
    // What is to be done may take as long as gateways drain; so for one that hangs it would be waited for ever.
    if (method === 'POST') await ask(socket, 'GET', '/status', within).catch(ignoreRefusal);
    return await ask(socket, method, path, within);
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    throw new NotRespondingError(await recordedPid(folder), error.within);
  }
}

/** Any other answer is one: what is wrong with it is not what was asked for, or is told of that too. */
function ignoreRefusal(error: unknown): void {
  if (error instanceof NoAnswerError || !(error instanceof CommandError)) throw error;
}

/** Null where no record was kept, or none that can be read: the words do without it. */
async function recordedPid(folder: string): Promise<number | null> {
  const record = await readRecord(join(folder, RECORD)).catch(() => null);
  return record?.pid ?? null;
}

/** Whether a gwproxy answers on this config. Throws a CommandError where one does that is not the user's own. */
export async function isRunning(configFile: string): Promise<boolean> {
  try {
    await askRunning(configFile, 'GET', '/status');
    return true;
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === EXIT.notRunning) return false;
    throw error;
  }
}
