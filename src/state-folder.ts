import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readlinkSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { CommandError, EXIT } from './errors.ts';
import { errorCode } from './util/errno.ts';

/** sun_path holds 104 bytes on macOS and 108 on Linux (unix(7)), its final NUL included. */
const MAX_SOCKET_PATH = 103;

/**
 * The folder of one gwproxy's state, told apart by its config file, so that every command finds the gwproxy
 * of the config that it stands beside, whatever folder it was called from and whatever session it runs in.
 * GWPROXY_STATE_DIR moves the root of it. Throws a CommandError where the config file does not exist.
 */
export function stateFolder(configFile: string, env: NodeJS.ProcessEnv): string {
  // Set to nothing is as good as unset.
  const root =
    env.GWPROXY_STATE_DIR ||
    (env.XDG_STATE_HOME
      ? join(env.XDG_STATE_HOME, 'gwproxy')
      : join(homedir(), '.local', 'state', 'gwproxy'));
  return join(
    resolve(root),
    createHash('sha256').update(realConfigPath(configFile)).digest('hex').slice(0, 12),
  );
}

/**
 * The config file's path without links; in a volume of Kubernetes its path there, since the links in it lead
 * elsewhere after each update. Throws a CommandError where there is no such file.
 */
export function realConfigPath(configFile: string): string {
  try {
    const path = join(realpathSync(dirname(configFile)), basename(configFile));
    const isMounted = lstatSync(path).isSymbolicLink() && readlinkSync(path).startsWith('..data/');
    const real = realpathSync(path);
    return isMounted ? path : real;
  } catch (cause) {
    throw new CommandError(
      EXIT.invalidConfig,
      `there is no config file ${resolve(configFile)}; go to its folder, name it with --config FILE, or write one with \`gwproxy init\``,
      { cause },
    );
  }
}

/** Where the gwproxy of that state folder listens for its owner's commands. */
export function controlSocketPath(folder: string): string {
  const path = join(folder, 'control.sock');
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new CommandError(
      EXIT.failure,
      `the control socket's path is too long for this system (${path}); set GWPROXY_STATE_DIR to a shorter folder`,
    );
  }
  return path;
}

/**
 * Makes the folder, open to its owner alone. Throws a CommandError where it cannot be made, or belongs to someone else:
 * a socket in it would let them stop the gateways.
 */
export function makeStateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const code = errorCode(cause);
    if (typeof code !== 'string') throw cause;
    // Something else is there: said below.
    if (code !== 'EEXIST') {
      throw new CommandError(
        EXIT.failure,
        `the state folder ${folder} cannot be made (${code}); set GWPROXY_STATE_DIR to one that can`,
        { cause },
      );
    }
  }
  const found = lstatSync(folder);
  if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid())) {
    throw new CommandError(
      EXIT.failure,
      `the state folder ${folder} is not a folder of your own; remove it or set GWPROXY_STATE_DIR`,
    );
  }
  chmodSync(folder, 0o700);
}
