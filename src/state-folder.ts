import { createHash } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { CommandError, EXIT } from './errors.ts';
import { errorCode } from './util/errno.ts';

/** In bytes. sun_path holds 104 on macOS and 108 on Linux (unix(7)), with the final NUL. */
const MAX_SOCKET_PATH = 103;

/**
 * The state folder of the gwproxy that runs this config file. Its name is a hash of the file's path without links, so
 * every command with that config finds it, whatever the working folder. GWPROXY_STATE_DIR replaces the folder that holds
 * all state folders. The file need not exist. Throws a CommandError (2) if GWPROXY_STATE_DIR is relative.
 */
export function stateFolder(configFile: string, env: NodeJS.ProcessEnv): string {
  const path = pathWithoutLinks(configFile);
  return join(stateRoot(env), createHash('sha256').update(path).digest('hex').slice(0, 12));
}

function stateRoot(env: NodeJS.ProcessEnv): string {
  // An empty variable counts as unset.
  const own = env.GWPROXY_STATE_DIR || null;
  if (own !== null && !isAbsolute(own)) {
    throw new CommandError(
      EXIT.usage,
      `GWPROXY_STATE_DIR is '${own}', which is another folder wherever a command is called; set it to an absolute path, such as ${resolve(own)}`,
    );
  }
  return own ?? join(xdgFolder(env.XDG_STATE_HOME) ?? join(homeFolder(), '.local', 'state'), 'gwproxy');
}

/** Null unless it is an absolute path: others are invalid and to be ignored (XDG Base Directory Specification). */
export function xdgFolder(value: string | undefined): string | null {
  return value !== undefined && isAbsolute(value) ? value : null;
}

/** The home that HOME names, else that of this user's account. */
function homeFolder(): string {
  const home = homedir();
  return isAbsolute(home) ? home : userInfo().homedir;
}

/**
 * The config file's path without symbolic links. In a Kubernetes volume the file itself is a link whose target changes
 * with each update, so its own path is returned. Throws a CommandError if the file does not exist.
 */
export function realConfigPath(configFile: string): string {
  try {
    return existingPath(configFile);
  } catch (cause) {
    throw new CommandError(
      EXIT.invalidConfig,
      `there is no config file ${resolve(configFile)}; change to its folder, name it with --config FILE, or write one with \`gwproxy init\``,
      { cause },
    );
  }
}

function existingPath(configFile: string): string {
  const path = join(realpathSync(dirname(configFile)), basename(configFile));
  const isMounted = lstatSync(path).isSymbolicLink() && readlinkSync(path).startsWith('..data/');
  const real = realpathSync(path);
  return isMounted ? path : real;
}

/** The same path for a file that need not exist: the links of its part that exists are followed. */
export function pathWithoutLinks(path: string): string {
  try {
    return existingPath(path);
  } catch {
    const parent = dirname(resolve(path));
    return parent === resolve(path) ? parent : join(pathWithoutLinks(parent), basename(path));
  }
}

/** The file in a state folder that names the config of its run as its user did. */
export const CONFIG_NAMES = 'config-path.json';
/** So many state folders are searched for the name of a config. */
const MOST_FOLDERS = 1000;

/** Records how the user named the config of the run that begins. Throws the system's error. */
export function recordConfigName(folder: string, configFile: string): void {
  writeFileSync(join(folder, CONFIG_NAMES), JSON.stringify(namesOf(configFile)), { mode: 0o600 });
}

/**
 * The state folders of the gwproxys that may run this config file, the likeliest first. A gwproxy reads the config by
 * the path that it was started with. So those that were started with this path come first, even if the file is gone or
 * the path is a link to another file by now; then the one of the file. A record outlives its run: after a link has gone
 * from one release to the next and back, both were started with this path, and either may run. Throws as stateFolder().
 */
export function stateFolders(configFile: string, env: NodeJS.ProcessEnv): readonly string[] {
  const own = stateFolder(configFile, env);
  const names = namesOf(configFile);
  const isNamed = (folder: string): boolean => recordedNames(folder).some((name) => names.includes(name));
  const root = dirname(own);
  const named = entriesOf(root)
    .map((entry) => join(root, entry))
    .filter((folder) => folder !== own && isNamed(folder));
  return isNamed(own) ? [own, ...named] : [...named, own];
}

/** The path as it was written, and with the links of its folder followed. */
function namesOf(configFile: string): readonly string[] {
  const path = resolve(configFile);
  return [...new Set([path, join(pathWithoutLinks(dirname(path)), basename(path))])];
}

/** None if there is no such record, or it is torn: then only the hash of the path finds the folder. */
function recordedNames(folder: string): readonly string[] {
  try {
    const names: unknown = JSON.parse(readFileSync(join(folder, CONFIG_NAMES), 'utf8'));
    return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
  } catch {
    return [];
  }
}

function entriesOf(root: string): readonly string[] {
  try {
    return readdirSync(root).slice(0, MOST_FOLDERS);
  } catch (error) {
    // There is none yet, or it is another user's: then no gwproxy of this user runs.
    if (errorCode(error) !== undefined) return [];
    throw error;
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
