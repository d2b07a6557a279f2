import { constants, existsSync, watch } from 'node:fs';
import { access, lstat, mkdtemp, rmdir, statfs } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { SPOOL_LIMITS } from '../../door/spool/store/budget.ts';
import { CommandError } from '../../errors.ts';
import { controlSocketPath } from '../../state-folder.ts';
import { errorCode, errorMessage } from '../../util/errno.ts';
import { serviceNameOf } from '../service/service-name.ts';
import { error, type Fault, warn } from './finding.ts';
import type { Subject } from './subject.ts';

const MIB = 1024 ** 2;

/** The folder of the logs: that it can be written, and that its disk has room for what the config lets them take. */
export async function checkLogs({ plan, stateFolder }: Subject): Promise<readonly Fault[]> {
  if (plan === null || stateFolder === null) return [];
  return spaceFor(plan.logs.folder ?? join(stateFolder, 'logs'), {
    name: 'logs',
    most: plan.logs.keep * plan.profiles.length,
    without: 'log lines will be lost',
    writable: 'change logs.folder',
    less: 'lower logs.keep',
  });
}

/** The folder of the spool, where some profile's deliveries are kept in it. */
export async function checkSpool({ plan, stateFolder }: Subject): Promise<readonly Fault[]> {
  if (plan === null || stateFolder === null) return [];
  if (!plan.profiles.some(({ verify, delivery }) => verify !== null && delivery === 'spool')) return [];
  return spaceFor(join(stateFolder, 'spool'), {
    name: 'kept deliveries',
    most: SPOOL_LIMITS.bytes,
    without: 'what a gateway misses cannot be kept',
    writable: 'set GWPROXY_STATE_DIR',
    less: 'set delivery: direct',
  });
}

/** What takes room on a disk, and what to do where there is none. */
export interface Taker {
  readonly name: string;
  /** Bytes that it may grow to. */
  readonly most: number;
  /** What is lost where nothing can be written. */
  readonly without: string;
  readonly writable: string;
  readonly less: string;
}

async function spaceFor(folder: string, taker: Taker): Promise<readonly Fault[]> {
  const there = nearestFolder(folder);
  try {
    await access(there, constants.W_OK | constants.X_OK);
  } catch (failure) {
    const why = errorCode(failure) ?? errorMessage(failure);
    return [
      error(`${taker.name} cannot be written: ${why}`, `chown or chmod it, or ${taker.writable}`, there),
    ];
  }
  const { bavail, bsize } = await statfs(there);
  return spaceFault(bavail * bsize, taker, there);
}

/** Pure; bytes free. */
export function spaceFault(
  free: number,
  { name, most, without, less }: Taker,
  folder: string,
): readonly Fault[] {
  const left = `${Math.floor(free / MIB)} MiB are left on its disk`;
  if (free < 16 * MIB) return [error(left, `make room: ${without}`, folder)];
  if (free >= most) return [];
  return [warn(`${left}; ${name} may take ${Math.ceil(most / MIB)} MiB`, `make room, or ${less}`, folder)];
}

/** What is there already of that path. */
function nearestFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

/** The state folder: the owner's own, with room for its socket's path, and whoever runs there answers. */
export async function checkState({ stateFolder, silent }: Subject): Promise<readonly Fault[]> {
  if (stateFolder === null) return [];
  try {
    controlSocketPath(stateFolder);
  } catch (failure) {
    if (!(failure instanceof CommandError)) throw failure;
    return [
      error(
        "the control socket's path is too long",
        'set GWPROXY_STATE_DIR to a shorter folder',
        stateFolder,
      ),
    ];
  }
  if (silent !== null) {
    return [error(silent.what, silent.instead, stateFolder)];
  }
  if (!existsSync(stateFolder)) return unmakeable(nearestFolder(stateFolder));
  const found = await lstat(stateFolder);
  if (!found.isDirectory())
    return [error('it is no folder', 'remove it, or set GWPROXY_STATE_DIR', stateFolder)];
  const { uid } = found;
  const own = process.getuid?.();
  if (own === undefined || uid === own) return [];
  return [error(`it belongs to user ${uid}`, 'act as that user, or set GWPROXY_STATE_DIR', stateFolder)];
}

/** Tried by making one: what access(2) permits, a file system may refuse. */
async function unmakeable(there: string): Promise<readonly Fault[]> {
  try {
    await rmdir(await mkdtemp(join(there, '.gwproxy-')));
    return [];
  } catch (failure) {
    const code = errorCode(failure);
    if (code === null) throw failure;
    const why = code === 'ENOTDIR' ? 'it is no folder' : code;
    const what = `the state folder cannot be made: ${why}`;
    return [error(what, 'chown or chmod it, or set GWPROXY_STATE_DIR', there)];
  }
}

/** A user's service ends with the user's last session, unless that user lingers (loginctl(1)). */
export async function checkService({
  configFile,
  stateFolder,
  env,
  home,
}: Subject): Promise<readonly Fault[]> {
  if (stateFolder === null || process.platform !== 'linux') return [];
  const folder = join(env.XDG_CONFIG_HOME || join(home, '.config'), 'systemd', 'user');
  const unit = join(folder, `${serviceNameOf(configFile, env)}.service`);
  const { username } = userInfo();
  if (!existsSync(unit) || existsSync(join('/var/lib/systemd/linger', username))) return [];
  return [
    warn('it ends when you log out, and does not start at boot', `loginctl enable-linger ${username}`, unit),
  ];
}

/** Whether one more watcher can be had: inotify's are counted by user, and editors take many. */
export async function checkWatch({ plan, configFile, hint }: Subject): Promise<readonly Fault[]> {
  if (plan === null || plan.watch === 'off') return [];
  try {
    watch(dirname(configFile)).close();
    return [];
  } catch (failure) {
    const code = errorCode(failure) ?? errorMessage(failure);
    const limit = code === 'EMFILE' ? 'max_user_instances' : 'max_user_watches';
    return [
      warn(
        `changes of the config will not be seen (${code})`,
        `sysctl fs.inotify.${limit}=8192, or watch: off and \`gwproxy reload${hint}\``,
        configFile,
      ),
    ];
  }
}
