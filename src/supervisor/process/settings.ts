import { getPriority, setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { errorCode } from '../../util/errno.ts';
import type { Command } from './command.ts';
import { accountFor, environmentOf } from './users.ts';

/**
 * Sets limits that only a process can set for itself, then executes the program in its place, with the same pid and
 * its own argv. A refusal is written to descriptor 3, which the program does not inherit, so that it cannot be mistaken
 * for the program's own exit codes 126 and 127.
 */
const WRAPPER = `umask=$1 files=$2 nice=$3
shift 3
refuse() {
  printf '%s\\n' "$1" >&3
  exit 126
}
[ -z "$umask" ] || umask "$umask" || refuse "umask $umask is refused"
[ -z "$files" ] || ulimit -n "$files" 2>/dev/null ||
  refuse "max_open_files $files is more than this system gives gwproxy ($(ulimit -H -n))"
case $1 in
  */*)
    [ -e "$1" ] || refuse "command not found: $1"
    [ -x "$1" ] || refuse "not permitted to run $1" ;;
  *) command -v "$1" >/dev/null || refuse "command not found: $1" ;;
esac
if [ -n "$nice" ]; then
  command -v nice >/dev/null || refuse "nice $nice needs the program nice, which is not there"
  exec nice -n "$nice" "$@" 3>&-
fi
exec "$@" 3>&-`;

/** ms after which the wrapper counts as done, so that the gateway can be signalled even on a machine that hangs. */
const WRAPPED_WITHIN = 2000;

/** The program to spawn so that the process gets its settings. */
export interface PreparedSpawn {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /**
   * Both or none: with a user alone the process would keep gwproxy's group. libuv also drops gwproxy's supplementary
   * groups then, and does not set the user's.
   */
  readonly identity: { readonly uid: number; readonly gid: number } | undefined;
  /** Whether the process needs a pipe at descriptor 3, for refusal(). */
  readonly wrapped: boolean;
  /** The niceness that gwproxy must have while it spawns; null: its own. */
  readonly spawnAt: number | null;
}

/** Rejects with a text for the operator if a setting is not possible. */
export async function prepareSpawn(
  command: Command,
  own: NodeJS.ProcessEnv = process.env,
): Promise<PreparedSpawn> {
  const { file, args, env, process: settings } = command;
  const account = await accountFor(settings);
  const increment = settings.nice === null ? 0 : settings.nice - getPriority();
  const wrapped = settings.umask !== null || settings.maxOpenFiles !== null || increment > 0;
  const values = [settings.umask?.toString(8), settings.maxOpenFiles, increment > 0 ? increment : null];
  return {
    ...(wrapped
      ? {
          file: '/bin/sh',
          args: ['-c', WRAPPER, 'sh', ...values.map((value) => String(value ?? '')), file, ...args],
        }
      : { file, args }),
    env: account === null || settings.user === null ? env : environmentOf(account, env, own),
    identity: account === null ? undefined : { uid: account.uid, gid: account.gid },
    wrapped,
    spawnAt: increment < 0 ? settings.nice : null,
  };
}

/**
 * Calls `spawn` while gwproxy itself has that niceness, which the child inherits. It serves to lower the niceness, which
 * only root may do, and which must be done before the process becomes another user's; raising it again is permitted.
 */
export function atNiceness<T>(nice: number | null, spawn: () => T): T {
  if (nice === null) return spawn();
  const own = getPriority();
  try {
    setPriority(nice);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    throw new Error(`nice ${nice} needs root: gwproxy itself runs at ${own}`, { cause: error });
  }
  try {
    return spawn();
  } finally {
    setPriority(own);
  }
}

/** The refusal that the wrapper reported, for the operator; null once the program runs in its place. */
export async function refusal(report: Readable): Promise<string | null> {
  const refused = await Promise.race([text(report), pause(WRAPPED_WITHIN, '', { ref: false })]);
  report.destroy();
  return refused.trim() || null;
}
