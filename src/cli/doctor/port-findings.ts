import type { Status } from '../../admin/status.ts';
import type { KnownHolder, Plan } from '../../config/types.ts';
import { clientPortAdvice } from '../../supervisor/ports/client-ports.ts';
import { connectableHost } from '../../supervisor/ports/connectable-host.ts';
import { pm2HolderOf } from '../../supervisor/ports/pm2-daemon.ts';
import { findConflict, type PortConflict } from '../../supervisor/ports/port-conflict.ts';
import { tryListen } from '../../supervisor/ports/try-port.ts';
import { listenStream } from '../service/describe-service.ts';
import { error, type Fault, warn } from './finding.ts';
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
  /** Programs that are known to hold it. */
  readonly known: readonly KnownHolder[];
}

/** Finds ports that other programs use. Those that pm2 holds are reported with pm2's apps. */
export async function checkPorts(subject: Subject): Promise<readonly Fault[]> {
  const { plan, status, unresponsive } = subject;
  if (plan === null || unresponsive !== null) return [];
  const faults = await Promise.all(
    wantedPorts(plan, status).map(async (wanted) => {
      const { host, port } = wanted;
      const isPublic = wanted.profile === null;
      // systemd holds it for the gwproxy that it starts.
      if (isPublic && (await socketUnitOf(subject)) === listenStream(plan.listen)) return [];
      const refused = isPublic ? refusedFault(await tryListen(host, port), wanted, subject.hint) : null;
      if (refused !== null) return [refused];
      const conflict = await findConflict(host, port, wanted.known);
      if (conflict === null) return clientPortFaults(wanted);
      if ((await pm2HolderOf(addressOf(host), port)) !== null) return [];
      return [conflictFault(conflict, wanted)];
    }),
  );
  return faults.flat();
}

/** A port that is free now and that the system may give to an outgoing connection before its gateway starts. */
async function clientPortFaults(wanted: WantedPort): Promise<readonly Fault[]> {
  const advice = await clientPortAdvice(wanted.port);
  if (advice === null) return [];
  const what = `${nameOf(wanted)} may be taken by an outgoing connection of any program before it is used`;
  return [warn(what, advice, wanted.where)];
}

function conflictFault(conflict: PortConflict, wanted: WantedPort): Fault {
  const { profile, where } = wanted;
  const what = `${nameOf(wanted)} ${conflict.text}`;
  if (conflict.kind === 'closing') {
    const wait =
      profile === null ? 'run gwproxy up once it is free' : 'none: the start of its gateway waits for it';
    return warn(what, wait, where);
  }
  const change = profile === null ? 'change `listen`' : `change the port of ${profile}`;
  return error(what, conflict.advice ?? `stop that program, or ${change}`, where);
}

function nameOf({ port, profile, listener }: WantedPort): string {
  return profile === null ? `the public port ${port}` : `${profile}: port ${port} (listener ${listener})`;
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
          `\`gwproxy service install --system --socket${hint}\`, or \`sudo sysctl -w net.ipv4.ip_unprivileged_port_start=${port}\``,
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
    .flatMap(({ name: profile, listeners, source, knownHolders: known }) =>
      listeners.flatMap(({ name: listener, host, port }) =>
        port === 'auto' ? [] : [{ host, port, profile, listener, where: placeText(source), known }],
      ),
    );
  const known = profiles.flatMap(({ knownHolders }) => knownHolders);
  const door = { ...listen, profile: null, listener: 'door', where: null, known };
  return [...(status === null && listen.port !== 0 ? [door] : []), ...fixed];
}

/** The IP address that a connection to a listener's host goes to. */
export function addressOf(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : connectableHost(host);
}
