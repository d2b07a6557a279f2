import type { Status } from '../../admin/status.ts';
import { version } from '../../version.ts';
import { type Fault, warn } from './finding.ts';
import type { Subject } from './subject.ts';

/** Checks the version of the running gwproxy and the states of its gateways. */
export async function checkRunning({ status, hint }: Subject): Promise<readonly Fault[]> {
  return status === null ? [] : runningFaults(status, version, hint);
}

/** `installed` is this program's version; `hint` belongs behind the commands in the findings. Pure. */
export function runningFaults(status: Status, installed: string, hint: string): readonly Fault[] {
  const unhealthy = status.profiles.filter(
    ({ state, restarts, restart_requested: isRequested }) =>
      state === 'failed' ||
      (state === 'backoff' && !isRequested) ||
      state === 'unready' ||
      // Ended for not being ready in time, and started again.
      (state === 'starting' && restarts > 0),
  );
  const names = unhealthy.map(({ name, state }) => `${name} (${state})`).join(', ');
  const restart = `gwproxy down${hint}, then gwproxy up${hint}`;
  return [
    ...(status.version === installed
      ? []
      : [warn(`gwproxy ${status.version} runs, but ${installed} is installed`, restart)]),
    ...(unhealthy.length === 0
      ? []
      : [warn(`not healthy: ${names}`, `run gwproxy status${hint}, then gwproxy logs PROFILE${hint}`)]),
  ];
}
