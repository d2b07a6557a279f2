import { constants, existsSync, watch } from 'node:fs';
import { access, lstat, mkdtemp, rmdir, statfs } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { SPOOL_LIMITS } from '../../door/spool/store/budget.ts';
import { CommandError } from '../../errors.ts';
import { controlSocketPath, xdgFolder } from '../../state-folder.ts';
import { errorCode, errorMessage } from '../../util/errno.ts';
import { serviceNameOf } from '../service/service-name.ts';
import { error, type Fault, warn } from './finding.ts';
import type { Subject } from './subject.ts';

const MIB = 1024 ** 2;

/** Checks that the log folder can be written and that its disk has room for what the config allows. */
export async function checkLogs({ plan, stateFolder }: Subject): Promise<readonly Fault[]> {
  if (plan === null || stateFolder === null) return [];
  return spaceFor(plan.logs.folder ?? join(stateFolder, 'logs'), {
    name: 'logs',
    maxBytes: plan.logs.keep * plan.profiles.length,
    consequence: 'log lines will be lost',
    ifUnwritable: 'change logs.folder',
    ifTooSmall: 'lower logs.keep',
  });
}

/** Checks the same of the spool if some profile's deliveries may be spooled. */
export async function checkSpool({ plan, stateFolder }: Subject): Promise<readonly Fault[]> {
  if (plan === null || stateFolder === null) return [];
  if (!plan.profiles.some(({ verify, delivery }) => verify !== null && delivery === 'spool')) return [];
  return spaceFor(join(stateFolder, 'spool'), {
    name: 'spooled deliveries',
    maxBytes: SPOOL_LIMITS.bytes,
    consequence: 'no delivery can be spooled',
    ifUnwritable: 'set GWPROXY_STATE_DIR',
    ifTooSmall: 'set delivery: direct',
  });
}

/** A use of disk space, and the texts for its findings. */
export interface DiskUse {
  readonly name: string;
  /** Bytes that it may grow to. */
  readonly maxBytes: number;
  /** What happens if nothing can be written. */
  readonly consequence: string;
  readonly ifUnwritable: string;
  readonly ifTooSmall: string;
}

async function spaceFor(folder: string, use: DiskUse): Promise<readonly Fault[]> {
  const there = nearestFolder(folder);
  try {
    await access(there, constants.W_OK | constants.X_OK);
  } catch (failure) {
    const why = errorCode(failure) ?? errorMessage(failure);
    return [
      error(
        `${use.name} cannot be written: ${why}`,
        `chown or chmod the folder, or ${use.ifUnwritable}`,
        there,
      ),
    ];
  }
  const { bavail, bsize } = await statfs(there);
  return spaceFault(bavail * bsize, use, there);
}

/** `free` in bytes. Pure. */
export function spaceFault(
  free: number,
  { name, maxBytes, consequence, ifTooSmall }: DiskUse,
  folder: string,
): readonly Fault[] {
  const left = `${Math.floor(free / MIB)} MiB are free on its disk`;
  if (free < 16 * MIB) return [error(left, `free some space: ${consequence}`, folder)];
  if (free >= maxBytes) return [];
  return [
    warn(
      `${left}; ${name} may take ${Math.ceil(maxBytes / MIB)} MiB`,
      `free some space, or ${ifTooSmall}`,
      folder,
    ),
  ];
}

/** The folder itself, or the nearest above it that exists. */
function nearestFolder(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}

/** Checks the state folder's owner and the length of its path, and that a gwproxy that uses it answers. */
export async function checkState({ stateFolder, unresponsive }: Subject): Promise<readonly Fault[]> {
  if (stateFolder === null) return [];
  try {
    controlSocketPath(stateFolder);
  } catch (failure) {
    if (!(failure instanceof CommandError)) throw failure;
    return [
      error(
        "the state folder's path is too long for a control socket",
        'set GWPROXY_STATE_DIR to a folder with a shorter path',
        stateFolder,
      ),
    ];
  }
  if (unresponsive !== null) {
    return [error(unresponsive.what, unresponsive.instead, stateFolder)];
  }
  if (!existsSync(stateFolder)) return cannotCreate(nearestFolder(stateFolder));
  const found = await lstat(stateFolder);
  if (!found.isDirectory())
    return [
      error('the state folder is not a folder', 'remove the file, or set GWPROXY_STATE_DIR', stateFolder),
    ];
  const { uid } = found;
  const own = process.getuid?.();
  if (own === undefined || uid === own) return [];
  return [
    error(
      `the state folder belongs to user ${uid}`,
      'run gwproxy as that user, or set GWPROXY_STATE_DIR',
      stateFolder,
    ),
  ];
}

/** Tries to create a folder: a file system may refuse what access(2) permits. */
async function cannotCreate(there: string): Promise<readonly Fault[]> {
  try {
    await rmdir(await mkdtemp(join(there, '.gwproxy-')));
    return [];
  } catch (failure) {
    const code = errorCode(failure);
    if (code === null) throw failure;
    const why = code === 'ENOTDIR' ? 'it is not a folder' : code;
    const what = `the state folder cannot be created: ${why}`;
    return [error(what, 'chown or chmod this folder, or set GWPROXY_STATE_DIR', there)];
  }
}

/** systemd ends a user's services with the user's last session, unless lingering is enabled (loginctl(1)). */
export async function checkService({
  configFile,
  stateFolder,
  env,
  home,
}: Subject): Promise<readonly Fault[]> {
  if (stateFolder === null || process.platform !== 'linux') return [];
  const folder = join(xdgFolder(env.XDG_CONFIG_HOME) ?? join(home, '.config'), 'systemd', 'user');
  const unit = join(folder, `${serviceNameOf(configFile, env)}.service`);
  const { username } = userInfo();
  if (!existsSync(unit) || existsSync(join('/var/lib/systemd/linger', username))) return [];
  return [
    warn(
      'the service ends when you log out, and does not start at boot',
      `run loginctl enable-linger ${username}`,
      unit,
    ),
  ];
}

/** Checks that one more file can be watched: inotify limits watches per user, and editors use many. */
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
        `changes to the config's files will not be noticed (${code})`,
        `run sysctl fs.inotify.${limit}=8192, or watch: off and \`gwproxy reload${hint}\``,
        configFile,
      ),
    ];
  }
}
