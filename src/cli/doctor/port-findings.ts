import type { Status } from '../../admin/status.ts';
import type { Plan } from '../../config/types.ts';
import { isFree, tryListen } from '../../supervisor/ports/port-book.ts';
import { describeHolder } from '../../supervisor/ports/port-owner.ts';
import { listenStream } from '../service/describe-service.ts';
import { error, type Fault } from './finding.ts';
import { socketUnitOf } from './socket-unit-findings.ts';
import { placeText, type Subject } from './subject.ts';

interface Wanted {
  readonly host: string;
  readonly port: number;
  readonly what: string;
  readonly where: string | null;
  readonly instead: string;
  readonly isPublic: boolean;
}

/** Ports that gwproxy and its gateways will want, and that somebody else has. */
export async function checkPorts(subject: Subject): Promise<readonly Fault[]> {
  const { plan, status, silent } = subject;
  if (plan === null || silent !== null) return [];
  const faults = await Promise.all(
    wantedPorts(plan, status).map(async (wanted) => {
      const { host, port, what, where, instead } = wanted;
      const held = wanted.isPublic ? await socketUnitOf(subject) : null;
      // By systemd, for the gwproxy that it starts.
      if (held !== null && held === listenStream(plan.listen)) return [];
      const refused = wanted.isPublic
        ? refusedFault(await tryListen(host, port), wanted, subject.hint)
        : null;
      if (refused !== null) return [refused];
      if (await isFree(host, port)) return [];
      return [error(`${what} ${port} is taken by ${await describeHolder(host, port)}`, instead, where)];
    }),
  );
  return faults.flat();
}

/**
 * What `up` would be refused, by the system's code for listening there: a gateway may have rights or an address of its
 * own, the door has ours. Null where it is not refused, or somebody has the port. Pure.
 */
export function refusedFault(
  code: string | null,
  { host, port }: Pick<Wanted, 'host' | 'port'>,
  hint: string,
): Fault | null {
  switch (code) {
    case 'EACCES':
      return error(
        `the public port ${port} may not be listened on by this user`,
        'have a tunnel or a TLS proxy lead to a port from 1024 on, or ' +
          `\`gwproxy service install --system --socket${hint}\`, or sysctl net.ipv4.ip_unprivileged_port_start=${port}`,
      );
    case 'EADDRNOTAVAIL':
      return error(`the public address ${host} is none of this machine`, 'change `listen`');
    default:
      return null;
  }
}

/** Pure. What runs has its ports already. */
export function wantedPorts({ listen, profiles }: Plan, status: Status | null): readonly Wanted[] {
  const door: Wanted = {
    ...listen,
    what: 'the public port',
    where: null,
    instead: 'end that, or change `listen`',
    isPublic: true,
  };
  const up = new Set(status?.profiles.filter(({ pid }) => pid !== null).map(({ name }) => name));
  const fixed = profiles
    .filter(({ name, launch }) => launch.kind === 'command' && !up.has(name))
    .flatMap(({ name, listeners, source }) =>
      listeners.flatMap(({ name: listener, host, port }) =>
        port === 'auto'
          ? []
          : [
              {
                host,
                port,
                what: `port of ${name}, ${listener},`,
                where: placeText(source),
                instead: 'end that, or change its port',
                isPublic: false,
              },
            ],
      ),
    );
  return [...(status === null && listen.port !== 0 ? [door] : []), ...fixed];
}
