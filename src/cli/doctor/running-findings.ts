import type { Status } from '../../admin/status.ts';
import { NO_LISTENER_READY } from '../../supervised-status.ts';
import { version } from '../../version.ts';
import { error, type Fault, warn } from './finding.ts';
import type { Subject } from './subject.ts';

/** The gwproxy that runs: whether it is this version, on this config, and its gateways well. */
export async function checkRunning({ status, hint }: Subject): Promise<readonly Fault[]> {
  return status === null ? [] : runningFaults(status, version, hint);
}

/** Pure; `hint` is of the commands that are told. */
export function runningFaults(status: Status, own: string, hint: string): readonly Fault[] {
  const pending = status.config_pending ?? [];
  return [
    ...(status.version === own
      ? []
      : [
          warn(
            `version ${status.version} runs, and ${own} is installed`,
            `gwproxy down${hint}, then gwproxy up${hint}`,
          ),
        ]),
    ...(status.config_error === null
      ? []
      : [
          error(
            `the config is refused, and an older one runs: ${status.config_error}`,
            `mend it, then gwproxy reload${hint}`,
          ),
        ]),
    ...(pending.length === 0 ? [] : [warn(`changes wait: ${pending.join('; ')}`, `gwproxy reload${hint}`)]),
    ...status.profiles.flatMap(({ name, state, restarts, last_error: reason }) => {
      const why = reason === null ? '' : `: ${reason}`;
      if (state === 'failed')
        return [
          error(`${name} is failed${why}`, `gwproxy logs ${name}${hint}, then gwproxy start ${name}${hint}`),
        ];
      if (state === 'backoff' || state === 'unready')
        return [warn(`${name} is in ${state}${why}`, `gwproxy logs ${name}${hint}`)];
      // Until its start_timeout it looks well, however often it was ended for that.
      if (state === 'starting' && restarts > 0 && reason?.startsWith(NO_LISTENER_READY))
        return [
          warn(
            `${name} starts again, restart ${restarts}${why}`,
            `gwproxy logs ${name}${hint}; what serves no HTTP is not for gwproxy: leave it to systemd, say`,
          ),
        ];
      return [];
    }),
  ];
}
