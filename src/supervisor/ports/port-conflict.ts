import { lookup } from 'node:dns/promises';
import { isIP, isIPv4 } from 'node:net';
import type { KnownHolder } from '../../config/types.ts';
import { errorCode } from '../../util/errno.ts';
import { HAS_PROC, readPids } from '../tree/proc.ts';
import { clientPortAdvice } from './client-ports.ts';
import { describeHolder } from './port-owner.ts';
import { findHolders, programOf } from './socket-holders.ts';
import { LISTEN, socketsWithPort, type TcpSocket, TIME_WAIT } from './tcp-tables.ts';
import { isFree, tryListen } from './try-port.ts';

/** Why nothing can listen on a port now. `text` follows the port's name, as in `port 18641 is in use by …`. */
export type PortConflict =
  /** The system alone still has it, for a connection that is over; it becomes free without anyone's doing. */
  | { readonly kind: 'closing'; readonly text: string }
  /** A process has it. `advice` is what to do; null if ending that process is all there is. */
  | { readonly kind: 'held'; readonly text: string; readonly advice: string | null };

/** One sentence for the operator; `subject` names the port, as in `port 18641`. Pure. */
export function conflictText(subject: string, conflict: PortConflict): string {
  const advice = conflict.kind === 'held' && conflict.advice !== null ? `; ${conflict.advice}` : '';
  return `${subject} ${conflict.text}${advice}`;
}

/**
 * The conflict that keeps a program from listening there; null if the port is free. Finds out by listening. `known` are
 * programs of which the port's profile says how they are recognised and ended.
 */
export async function findConflict(
  host: string,
  port: number,
  known: readonly KnownHolder[] = [],
): Promise<PortConflict | null> {
  if (await isFree(host, port)) return null;
  const held = async (): Promise<PortConflict> => {
    const { name, advice } = await describeHolder(host, port, known);
    return { kind: 'held', text: `is in use by ${name}`, advice };
  };
  if (!HAS_PROC) return held();
  const sockets = await socketsInTheWay(host, port);
  if (sockets.some(({ state }) => state === LISTEN)) return held();
  const connection = sockets.find(({ inode }) => inode !== '0');
  if (connection !== undefined) return heldByConnection(connection);
  if (sockets.length > 0) return { kind: 'closing', text: closingText(sockets) };
  // Sockets that are bound and neither listen nor are connected stand in no table.
  switch (await tryListen(host, port)) {
    case null:
      return null;
    case 'EADDRINUSE':
      return {
        kind: 'held',
        text: 'is in use by a process that has bound it and does not listen; the system does not say which',
        advice: await clientPortAdvice(port),
      };
    default:
      return held();
  }
}

/**
 * The pids of the processes whose sockets keep others from listening there, at most one for each socket; empty if they
 * are not known.
 */
export async function holdersOf(host: string, port: number): Promise<readonly number[]> {
  if (!HAS_PROC) return [];
  try {
    const sockets = await socketsInTheWay(host, port);
    // The sockets of connections that are over have no process.
    const inodes = new Set(sockets.map(({ inode }) => inode).filter((inode) => inode !== '0'));
    const holders = await findHolders(inodes, readPids());
    return [...new Set(holders.map(({ pid }) => pid))];
  } catch (error) {
    // No descriptor is left, or the host is a name that cannot be looked up.
    if (errorCode(error) === undefined) throw error;
    return [];
  }
}

async function heldByConnection({ port, remote, remotePort, uid, inode }: TcpSocket): Promise<PortConflict> {
  const [holder] = await findHolders(new Set([inode]), readPids());
  const program = holder === undefined ? null : programOf(holder.pid);
  const who =
    holder === undefined || program === null
      ? `a process of user ${uid}`
      : `${program.name} (pid ${holder.pid})`;
  const other = remote.includes(':') ? `[${remote}]:${remotePort}` : `${remote}:${remotePort}`;
  return {
    kind: 'held',
    text: `is in use by a connection of ${who} with ${other}`,
    advice: await clientPortAdvice(port),
  };
}

function closingText(sockets: readonly TcpSocket[]): string {
  const waiting = sockets.filter(({ state }) => state === TIME_WAIT);
  const last = Math.max(0, ...waiting.map(({ timer }) => timer ?? 0));
  return waiting.length === sockets.length && last > 0
    ? `is not free yet: a connection on it has ended, and the system keeps the port for ${Math.ceil(last / 1000)} s more (TIME_WAIT)`
    : 'is not free yet: a connection on it was closed, and the system still waits for its other end';
}

async function socketsInTheWay(host: string, port: number): Promise<readonly TcpSocket[]> {
  const addresses = isIP(host) === 0 ? await lookup(host, { all: true }) : [{ address: host }];
  const tables = await Promise.all([socketsWithPort('tcp', port), socketsWithPort('tcp6', port)]);
  return tables
    .flat()
    .filter(({ local }) => addresses.some(({ address }) => isInTheWay(unmapped(local), unmapped(address))));
}

/** Whether a socket on the address `local` may keep another from being bound to `wanted` with the same port. */
function isInTheWay(local: string, wanted: string): boolean {
  if (local === '::' || wanted === '::') return true;
  if (local === '0.0.0.0' || wanted === '0.0.0.0') return isIPv4(local) && isIPv4(wanted);
  return local === wanted;
}

/** An IPv6 socket that speaks IPv4 has an IPv4 address in the range of RFC 4291 §2.5.5.2. */
function unmapped(address: string): string {
  return /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address;
}
