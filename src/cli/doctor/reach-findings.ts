import type { Status } from '../../admin/status.ts';
import { isWildcard } from '../../config/checks/port-check.ts';
import type { Plan } from '../../config/types.ts';
import { type ListeningSocket, listeningOn } from '../../supervisor/ports/listening.ts';
import { HAS_PROC } from '../../supervisor/tree/proc.ts';
import { type Fault, warn } from './finding.ts';
import { placeText, type Subject } from './subject.ts';

/**
 * Gateways that run and can be reached past the door: many a bot listens on every address unless it is told not to.
 * Where the config says it of a fixed port, its own warning does.
 */
export async function checkReach({ plan, status }: Subject): Promise<readonly Fault[]> {
  if (plan === null || status === null || !HAS_PROC) return [];
  const faults = await Promise.all(
    runningListeners(plan, status).map(async ({ profile, listener, host, port, where }) => {
      const sockets = await listeningOn(host === 'localhost' ? '127.0.0.1' : host, port);
      return openAt(sockets)
        ? [
            warn(
              `${profile}, ${listener}, is on every address, port ${port}: past gwproxy`,
              'have it listen on 127.0.0.1, or close that port in the firewall',
              where,
            ),
          ]
        : [];
    }),
  );
  return faults.flat();
}

interface Running {
  readonly profile: string;
  readonly listener: string;
  readonly host: string;
  readonly port: number;
  readonly where: string;
}

/** Pure. */
export function runningListeners({ profiles }: Plan, status: Status): readonly Running[] {
  return profiles.flatMap(({ name, launch, listeners, source }) => {
    const seen = status.profiles.find((profile) => profile.name === name);
    if (launch.kind === 'url' || seen === undefined) return [];
    return listeners.flatMap(({ name: listener, host, port: fixed }) => {
      const port = seen.listeners.find((one) => one.name === listener)?.port ?? null;
      const told = fixed !== 'auto' && isWildcard(host);
      return port === null || told ? [] : [{ profile: name, listener, host, port, where: placeText(source) }];
    });
  });
}

/** Pure. */
export function openAt(sockets: readonly ListeningSocket[]): boolean {
  return sockets.some(({ local }) => isWildcard(local));
}
