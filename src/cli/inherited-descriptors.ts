import { closeSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { hasCode } from '../util/errno.ts';

const LAST_STANDARD_STREAM = 2;

/** O_CLOEXEC of open(2) on Linux, in `flags` of proc_pid_fdinfo(5). */
const CLOSE_ON_EXEC = 0o2_000_000;

/**
 * Closes every descriptor that this process inherited and would pass on, as daemon(7) asks: a gateway, which may run as
 * another user, could read it (`exec 40<secret` in the shell that starts gwproxy). Must be called before a child process
 * is started, but after the config was read: the config or an `env_file` may be such a descriptor (a shell's `<(…)`).
 *
 * All that Node opens itself has close-on-exec set. So have the first 16 that it inherited (uv_disable_stdio_inheritance of
 * libuv), among them the socket that systemd passes and, nearly always, the channel to a parent: they stay open here and
 * reach no child. Node cannot set the flag on others, so a channel among those is disconnected.
 *
 * Without /proc nothing is closed. On macOS a child gets only what it is given (POSIX_SPAWN_CLOEXEC_DEFAULT in libuv),
 * except one that runs as another user.
 */
export function closeInheritedDescriptors(): void {
  const channel = ipcChannel();
  for (const entry of entriesOf('/proc/self/fd')) {
    const fd = Number(entry);
    if (fd <= LAST_STANDARD_STREAM || !isPassedOn(fd) || isWrittenByV8(fd)) continue;
    // Node itself must close what it uses.
    if (fd === channel) process.disconnect();
    else closeSync(fd);
  }
}

function isPassedOn(fd: number): boolean {
  const flags = /^flags:\s+([0-7]+)$/m.exec(readUnlessGone(`/proc/self/fdinfo/${fd}`))?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0;
}

/**
 * Whether it is a file of V8's profilers (`--prof`, `--perf-basic-prof`, `--perf-prof`), which are open without
 * close-on-exec before any script runs. V8 writes to them until the process ends: once closed, its lines would go to the
 * connection or the spool file that gets the number next. They hold names of functions, and no secret.
 */
function isWrittenByV8(fd: number): boolean {
  const { pid } = process;
  const names = new RegExp(`^(?:perf-${pid}\\.map|jit-${pid}\\.dump|isolate-0x[0-9a-f]+-${pid}-v8\\.log)$`);
  return names.test(basename(readlinkSync(`/proc/self/fd/${fd}`)));
}

/** The descriptor of the channel to the parent, which Node uses; null without one. Node has removed the variable by now. */
function ipcChannel(): number | null {
  if (!process.connected) return null;
  const fd = /(?:^|\0)NODE_CHANNEL_FD=(\d+)\0/.exec(readUnlessGone('/proc/self/environ'))?.[1];
  return fd === undefined ? null : Number(fd);
}

function entriesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** '' for a file that is not there: of the descriptor with which the folder was read, or without /proc. */
function readUnlessGone(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}
