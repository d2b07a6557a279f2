import { CommandError, EXIT } from '../../errors.ts';

/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_FD = 3;
/** LISTEN_PIDFDID is of systemd 258. */
const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID'] as const;

/**
 * The listening socket that whoever started this process passed to it (sd_listen_fds(3)), as a file descriptor; null
 * where none was, or where it was meant for another process. Its variables are taken out of `env` in any case, so
 * that nothing that is started from here takes them for its own. Throws a CommandError where there are several.
 */
export function consumePassedSocket(env: NodeJS.ProcessEnv, pid: number): number | null {
  const { LISTEN_PID: forPid, LISTEN_FDS: passed } = env;
  for (const name of VARIABLES) delete env[name];
  if (forPid !== String(pid) || passed === undefined || passed === '0') return null;
  if (passed === '1') return FIRST_FD;
  throw new CommandError(
    EXIT.usage,
    `gwproxy was passed ${passed} sockets (LISTEN_FDS) and listens on one: keep a single ListenStream= in its .socket unit`,
  );
}
