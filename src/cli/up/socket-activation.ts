import { CommandError, EXIT } from '../../errors.ts';

/** SD_LISTEN_FDS_START of sd_listen_fds(3). */
const FIRST_FD = 3;
/** LISTEN_PIDFDID came with systemd 258. */
const VARIABLES = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID'] as const;

/**
 * The file descriptor of the listening socket that systemd passed to this process (sd_listen_fds(3)); null without one.
 * Removes the variables from `env`, so that no child process believes them. Throws a CommandError (2) for several
 * sockets.
 */
export function consumePassedSocket(env: NodeJS.ProcessEnv, pid: number): number | null {
  const { LISTEN_PID: forPid, LISTEN_FDS: passed } = env;
  for (const name of VARIABLES) delete env[name];
  if (forPid !== String(pid) || passed === undefined || passed === '0') return null;
  if (passed === '1') return FIRST_FD;
  throw new CommandError(
    EXIT.usage,
    `gwproxy listens on one socket and was passed ${passed} (LISTEN_FDS); keep a single ListenStream= in its .socket unit`,
  );
}
