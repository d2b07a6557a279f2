import type { Status } from '../../admin/status.ts';
import { isWildcard } from '../../config/checks/port-check.ts';
import type { Plan } from '../../config/types.ts';
import { type ListeningSocket, listeningOn } from '../../supervisor/ports/listening.ts';
import { HAS_PROC } from '../../supervisor/tree/proc.ts';
import { type Fault, warn } from './finding.ts';
import { placeText, type Subject } from './subject.ts';

/**
 * Finds running gateways that can be reached without gwproxy: many bots listen on every address unless they are told not to.
 * A fixed port with such a host in the config is not reported again: loading the config warns of it.
 */
export async function checkReach({ plan, status }: Subject): Promise<readonly Fault[]> {
  if (plan === null || status === null || !HAS_PROC) return [];
  const faults = await Promise.all(
    runningListeners(plan, status).map(async ({ profile, listener, host, port, where }) => {
      const sockets = await listeningOn(host === 'localhost' ? '127.0.0.1' : host, port);
      return openAt(sockets)
        ? [
            warn(
              `${profile}: port ${port} (listener ${listener}) is open on every address, without gwproxy in front`,
              'have the bot listen on 127.0.0.1, or close that port in the firewall',
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

/** The ports of gateways that run, other than those whose host the config warns of. Pure. */
export function runningListeners({ profiles }: Plan, status: Status): readonly Running[] {
  return profiles.flatMap(({ name, launch, listeners, source }) => {
    const running = status.profiles.find((profile) => profile.name === name);
    if (launch.kind === 'url' || running === undefined) return [];
    return listeners.flatMap(({ name: listener, host, port: fixed }) => {
      const port = running.listeners.find((one) => one.name === listener)?.port ?? null;
      const warnedOf = fixed !== 'auto' && isWildcard(host);
      return port === null || warnedOf
        ? []
        : [{ profile: name, listener, host, port, where: placeText(source) }];
    });
  });
}

/** True if one of the sockets listens on every address. Pure. */
export function openAt(sockets: readonly ListeningSocket[]): boolean {
  return sockets.some(({ local }) => isWildcard(local));
}
