import type { Status } from '../../admin/status.ts';
import type { Plan } from '../../config/types.ts';
import { connectableHost } from '../../supervisor/ports/connectable-host.ts';
import { pm2HolderOf } from '../../supervisor/ports/pm2-daemon.ts';
import { isFree, tryListen } from '../../supervisor/ports/port-book.ts';
import { describeHolder } from '../../supervisor/ports/port-owner.ts';
import { listenStream } from '../service/describe-service.ts';
import { error, type Fault } from './finding.ts';
import { socketUnitOf } from './socket-unit-findings.ts';
import { placeText, type Subject } from './subject.ts';

/** A fixed port that gwproxy or one of its gateways will listen on. */
export interface WantedPort {
  readonly host: string;
  readonly port: number;
  /** Null for the public port. */
  readonly profile: string | null;
  readonly listener: string;
  readonly where: string | null;
}

/** Finds ports that other programs use. Those that pm2 holds are reported with pm2's apps. */
export async function checkPorts(subject: Subject): Promise<readonly Fault[]> {
  const { plan, status, unresponsive } = subject;
  if (plan === null || unresponsive !== null) return [];
  const faults = await Promise.all(
    wantedPorts(plan, status).map(async (wanted) => {
      const { host, port, profile, listener, where } = wanted;
      const isPublic = profile === null;
      // systemd holds it for the gwproxy that it starts.
      if (isPublic && (await socketUnitOf(subject)) === listenStream(plan.listen)) return [];
      const refused = isPublic ? refusedFault(await tryListen(host, port), wanted, subject.hint) : null;
      if (refused !== null) return [refused];
      if ((await isFree(host, port)) || (await pm2HolderOf(addressOf(host), port)) !== null) return [];
      const inUse = `is in use by ${await describeHolder(host, port)}`;
      return isPublic
        ? [error(`the public port ${port} ${inUse}`, 'stop that program, or change `listen`', where)]
        : [
            error(
              `${profile}: port ${port} (listener ${listener}) ${inUse}`,
              `stop that program, or change the port of ${profile}`,
              where,
            ),
          ];
    }),
  );
  return faults.flat();
}

/**
 * Why `up` could not listen on the public port, by the code that the system gave for trying; null if it could, or if
 * another program holds the port. The door listens as this user; a gateway may have a user of its own. Pure.
 */
export function refusedFault(
  code: string | null,
  { host, port }: Pick<WantedPort, 'host' | 'port'>,
  hint: string,
): Fault | null {
  switch (code) {
    case 'EACCES':
      return error(
        `this user may not listen on the public port ${port}`,
        'point a tunnel or a TLS proxy to a port from 1024 on, or ' +
          `\`gwproxy service install --system --socket${hint}\`, or sysctl net.ipv4.ip_unprivileged_port_start=${port}`,
      );
    case 'EADDRNOTAVAIL':
      return error(`the public address ${host} does not belong to this machine`, 'change `listen`');
    default:
      return null;
  }
}

/** The fixed ports of gateways that do not run yet, and the public port if gwproxy does not run. Pure. */
export function wantedPorts({ listen, profiles }: Plan, status: Status | null): readonly WantedPort[] {
  const running = new Set(status?.profiles.filter(({ pid }) => pid !== null).map(({ name }) => name));
  const fixed = profiles
    .filter(({ name, launch }) => launch.kind === 'command' && !running.has(name))
    .flatMap(({ name: profile, listeners, source }) =>
      listeners.flatMap(({ name: listener, host, port }) =>
        port === 'auto' ? [] : [{ host, port, profile, listener, where: placeText(source) }],
      ),
    );
  const door = { ...listen, profile: null, listener: 'door', where: null };
  return [...(status === null && listen.port !== 0 ? [door] : []), ...fixed];
}

/** The IP address that a connection to a listener's host goes to. */
export function addressOf(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : connectableHost(host);
}
