import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { parseStatus, type Status } from '../../admin/status.ts';
import { type Loaded, loadConfig } from '../../config/load.ts';
import { shortPath } from '../../config/problems.ts';
import type { Plan } from '../../config/types.ts';
import { CommandError } from '../../errors.ts';
import type { Source } from '../../routing/route.ts';
import { realConfigPath, stateFolder } from '../../state-folder.ts';
import { errorMessage } from '../../util/errno.ts';
import { askRunning, isNoneRunning, NotRespondingError, pidText } from '../ask-running.ts';
import { configHint } from '../config-hint.ts';

/** What the checks examine, gathered once. */
export interface Subject {
  /** Absolute. */
  readonly configFile: string;
  /** ` -c FILE` for the commands in the findings; empty for the default config. */
  readonly hint: string;
  /** Null if there is no such file. */
  readonly loaded: Loaded | null;
  /** Null if the config is invalid. */
  readonly plan: Plan | null;
  /** Null if there is no config to derive it from. */
  readonly stateFolder: string | null;
  /** Of the gwproxy that runs on this config; null if none answers. */
  readonly status: Status | null;
  /** The finding for a gwproxy that runs but did not answer; null if there is none. */
  readonly unresponsive: { readonly what: string; readonly instead: string } | null;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
}

/** Never throws: what cannot be found out is null. Each question may take `ms`. */
export async function gatherSubject(
  configFile: string,
  env: NodeJS.ProcessEnv,
  ms: number,
): Promise<Subject> {
  const file = resolve(configFile);
  const state = stateFolderOf(file, env);
  const [loaded, running] = await Promise.all([
    state === null ? null : within(ms, loadConfig(file, { env })).catch(() => null),
    runningOn(file, ms),
  ]);
  return {
    configFile: file,
    hint: configHint(configFile),
    loaded,
    plan: loaded?.ok === true ? loaded.plan : null,
    stateFolder: state,
    ...running,
    env,
    home: env.HOME || homedir(),
  };
}

function stateFolderOf(file: string, env: NodeJS.ProcessEnv): string | null {
  try {
    realConfigPath(file);
    return stateFolder(file, env);
  } catch (error) {
    if (error instanceof CommandError) return null;
    throw error;
  }
}

async function runningOn(file: string, ms: number): Promise<Pick<Subject, 'status' | 'unresponsive'>> {
  try {
    return { status: parseStatus(await askRunning(file, 'GET', '/status', ms)), unresponsive: null };
  } catch (error) {
    if (error instanceof CommandError && isNoneRunning(error)) return { status: null, unresponsive: null };
    if (error instanceof NotRespondingError) {
      const { pid, advice, within } = error;
      const what = `a gwproxy runs on this config${pidText(pid)} and did not answer within ${within / 1000} s`;
      return { status: null, unresponsive: { what, instead: advice } };
    }
    const reason = errorMessage(error);
    const what = `a gwproxy runs on this config: ${reason}`;
    return {
      status: null,
      unresponsive: { what, instead: 'run doctor as its user, and with its version of gwproxy' },
    };
  }
}

/** The same promise, rejected with a LateError after so many ms. */
export async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LateError(ms)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export class LateError extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms / 1000} s`);
    this.name = 'LateError';
  }
}

/** `gwproxy.yaml:12`, relative to the current folder. */
export function placeText({ file, line }: Pick<Source, 'file' | 'line'>): string {
  return `${shortPath(file, process.cwd())}:${line}`;
}
