import { join } from 'node:path';
import { NoAnswerError, sendCommand } from '../admin/control-client.ts';
import { CommandError, EXIT } from '../errors.ts';
import { controlSocketPath, realConfigPath, stateFolders } from '../state-folder.ts';
import { RECORD, readRecord } from '../supervisor/run/run-record.ts';

/** A gwproxy runs on this config and does not answer; the message says how to continue or kill it. */
export class NotRespondingError extends CommandError {
  /** Null if the run record is missing or unreadable. */
  readonly pid: number | null;
  readonly advice: string;
  /** ms that it had for its answer. */
  readonly within: number;

  constructor(pid: number | null, within: number) {
    const shown = pid === null ? 'PID' : String(pid);
    const advice = `kill -CONT ${shown} continues it if it was stopped, or kill -KILL ${shown} ends it together with its gateways`;
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
 * Sends a call to the gwproxy that runs on this config, whose file is not read and may be gone; returns the parsed JSON
 * of its answer. A GET has `within` ms, a POST may take as long as gateways drain. Throws a CommandError: 69 if none
 * runs, 78 if none does and there is no such file, a NotRespondingError if it is silent.
 */
export async function askRunning(
  configFile: string,
  method: 'GET' | 'POST',
  path: string,
  within?: number,
): Promise<unknown> {
  let missing: unknown;
  for (const folder of stateFolders(configFile, process.env)) {
    try {
      return await askAt(folder, method, path, within);
    } catch (error) {
      if (!(error instanceof CommandError) || error.exitCode !== EXIT.notRunning) throw error;
      missing = error;
    }
  }
  // None runs. A config that is not there is rather a wrong name.
  realConfigPath(configFile);
  throw missing;
}

async function askAt(
  folder: string,
  method: 'GET' | 'POST',
  path: string,
  within?: number,
): Promise<unknown> {
  const socket = controlSocketPath(folder);
  try {
    // A POST has no time limit, so a GET finds out first whether this gwproxy answers at all.
    if (method === 'POST') await sendCommand(socket, 'GET', '/status', within).catch(ignoreRefusal);
    return await sendCommand(socket, method, path, within);
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error;
    throw new NotRespondingError(await recordedPid(folder), error.within);
  }
}

/** A refusal is an answer too: the POST that follows reports its own. */
function ignoreRefusal(error: unknown): void {
  const isAnswer =
    error instanceof CommandError && !(error instanceof NoAnswerError) && error.exitCode !== EXIT.notRunning;
  if (!isAnswer) throw error;
}

async function recordedPid(folder: string): Promise<number | null> {
  const record = await readRecord(join(folder, RECORD)).catch(() => null);
  return record?.pid ?? null;
}

/** True if a gwproxy answers on this config. Throws a CommandError if one runs that this user may not ask. */
export async function isRunning(configFile: string): Promise<boolean> {
  try {
    await askRunning(configFile, 'GET', '/status');
    return true;
  } catch (error) {
    if (error instanceof CommandError && isNoneRunning(error)) return false;
    throw error;
  }
}

/** Whether askRunning() found none: or none and no such config either. */
export function isNoneRunning({ exitCode }: CommandError): boolean {
  return exitCode === EXIT.notRunning || exitCode === EXIT.invalidConfig;
}
