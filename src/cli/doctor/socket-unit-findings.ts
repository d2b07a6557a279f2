import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../util/errno.ts';
import { serviceNameOf } from '../service/service-name.ts';
import { managerOf } from '../service/systemctl.ts';
import type { Subject } from './subject.ts';

/** What the socket unit of that config's service listens on, the user's before the system's; null without one. */
export async function socketUnitOf({
  configFile,
  stateFolder,
  env,
  home,
}: Pick<Subject, 'configFile' | 'stateFolder' | 'env' | 'home'>): Promise<string | null> {
  if (stateFolder === null || process.platform !== 'linux') return null;
  const unit = `${serviceNameOf(configFile, env)}.socket`;
  for (const system of [false, true]) {
    const { folder } = managerOf(system, { ...env, HOME: home });
    const text = await readUnit(join(folder, unit));
    const [, listens] = /^ListenStream=(.*)$/m.exec(text ?? '') ?? [];
    if (listens !== undefined) return listens.trim();
  }
  return null;
}

/** Null for one that is not there, or that nobody here may read. */
async function readUnit(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) !== undefined) return null;
    throw error;
  }
}
