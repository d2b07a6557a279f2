import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readlinkSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { CommandError, EXIT } from './errors.ts';
import { errorCode } from './util/errno.ts';

/** In bytes. sun_path holds 104 on macOS and 108 on Linux (unix(7)), with the final NUL. */
const MAX_SOCKET_PATH = 103;

/**
 * The state folder of the gwproxy that runs this config file. Its name is a hash of the file's path, so every command
 * with that config finds it, whatever the working folder. GWPROXY_STATE_DIR replaces the folder that holds all state
 * folders. Throws a CommandError if the config file does not exist.
 */
export function stateFolder(configFile: string, env: NodeJS.ProcessEnv): string {
  // An empty variable counts as unset.
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
 * The config file's path without symbolic links. In a Kubernetes volume the file itself is a link whose target changes
 * with each update, so its own path is returned. Throws a CommandError if the file does not exist.
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
      `there is no config file ${resolve(configFile)}; change to its folder, name it with --config FILE, or write one with \`gwproxy init\``,
      { cause },
    );
  }
}

/** The socket that the gwproxy of that state folder takes commands on. Throws a CommandError if the path is too long. */
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
 * Makes the folder, accessible to its owner only. Throws a CommandError if it cannot be made or belongs to another user,
 * who could then stop the gateways through the socket in it.
 */
export function makeStateFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const code = errorCode(cause);
    if (typeof code !== 'string') throw cause;
    // EEXIST: the path is not a folder, which the check below reports.
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
