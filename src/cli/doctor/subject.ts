import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { parseStatus, type Status } from '../../admin/status.ts';
import { type Loaded, loadConfig } from '../../config/load.ts';
import { shortPath } from '../../config/problems.ts';
import type { Plan } from '../../config/types.ts';
import { CommandError, EXIT } from '../../errors.ts';
import type { Source } from '../../routing/route.ts';
import { stateFolder } from '../../state-folder.ts';
import { errorMessage } from '../../util/errno.ts';
import { askRunning, NotRespondingError, pidText } from '../ask-running.ts';
import { configHint } from '../config-hint.ts';

/** All that the checks look at, found out once. */
export interface Subject {
  /** Absolute. */
  readonly configFile: string;
  /** ` -c FILE`, as it was named, for the commands that are told; nothing where it is found without. */
  readonly hint: string;
  /** Null where there is no such file. */
  readonly loaded: Loaded | null;
  /** Null where the config is invalid. */
  readonly plan: Plan | null;
  /** Null where there is no config to tell it by. */
  readonly stateFolder: string | null;
  /** Of the gwproxy that runs on this config; null where none does. */
  readonly status: Status | null;
  /** One runs, and could not be asked; in plain words, with what to do. */
  readonly silent: { readonly what: string; readonly instead: string } | null;
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
}

/** Never throws: what cannot be found out is null. Each question is bounded by `ms`. */
export async function gatherSubject(
  configFile: string,
  env: NodeJS.ProcessEnv,
  ms: number,
): Promise<Subject> {
  const file = resolve(configFile);
  const state = stateFolderOf(file, env);
  const [loaded, running] = await Promise.all([
    state === null ? null : within(ms, loadConfig(file, { env })).catch(() => null),
    state === null ? { status: null, silent: null } : runningOn(file, ms),
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
    return stateFolder(file, env);
  } catch (error) {
    if (error instanceof CommandError) return null;
    throw error;
  }
}

async function runningOn(file: string, ms: number): Promise<Pick<Subject, 'status' | 'silent'>> {
  try {
    return { status: parseStatus(await askRunning(file, 'GET', '/status', ms)), silent: null };
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === EXIT.notRunning)
      return { status: null, silent: null };
    if (error instanceof NotRespondingError) {
      const { pid, advice, within } = error;
      const what = `one runs on this config${pidText(pid)} and did not answer within ${within / 1000} s`;
      return { status: null, silent: { what, instead: advice } };
    }
    const reason = errorMessage(error);
    const what = `one runs on this config: ${reason}`;
    return { status: null, silent: { what, instead: 'ask as its user, and with its version' } };
  }
}

/** The same promise, rejected after so many ms. */
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

/** `gwproxy.yaml:12`, from the folder at hand. */
export function placeText({ file, line }: Pick<Source, 'file' | 'line'>): string {
  return `${shortPath(file, process.cwd())}:${line}`;
}
