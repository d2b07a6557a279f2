import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../../util/errno.ts';
import { serviceNameOf } from '../service/service-name.ts';
import { managerOf } from '../service/systemctl.ts';
import type { Subject } from './subject.ts';

/** The ListenStream of the systemd socket unit for that config, the user's before the system's; null if there is none. */
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

/** Null if there is no such unit, or it may not be read. */
async function readUnit(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) !== undefined) return null;
    throw error;
  }
}
