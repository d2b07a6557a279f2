import { SocketAddress } from 'node:net';
import { endianness } from 'node:os';
import { hasCode } from '../../util/errno.ts';
import { readProcBytes } from '../tree/proc-bytes.ts';

export type TableName = 'tcp' | 'tcp6';

/** States of a socket, as include/net/tcp_states.h numbers them. */
export const TIME_WAIT = 6;
export const LISTEN = 10;

/** A row of the system's table of TCP sockets (proc_pid_net(5)). */
export interface TcpSocket {
  /** The IP address that it is bound to. */
  readonly local: string;
  readonly port: number;
  /** The other end; the unspecified address and port 0 for a socket that listens. */
  readonly remote: string;
  readonly remotePort: number;
  readonly state: number;
  /** ms until its timer elapses, which ends a socket in TIME_WAIT; null while no timer runs. */
  readonly timer: number | null;
  /** The number of the user that it belongs to. */
  readonly uid: string;
  /** The inode by which `/proc/PID/fd` names it; `0` for a socket that no process has any more. */
  readonly inode: string;
}

/** The sockets of that table with that port at their own end. Rejects if the table cannot be read. */
export async function socketsWithPort(
  table: TableName,
  port: number,
  folder = '/proc/net',
): Promise<readonly TcpSocket[]> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const found = await rowsWith(`${folder}/${table}`, `:${hex} `);
  // The text may be that of the remote end.
  return found.filter((socket) => socket.port === port);
}

/** The sockets of that table that listen. Rejects if the table cannot be read. */
export async function listeningSockets(
  table: TableName,
  folder = '/proc/net',
): Promise<readonly TcpSocket[]> {
  const found = await rowsWith(`${folder}/${table}`, ' 0A ');
  return found.filter(({ state }) => state === LISTEN);
}

/** A table has a row for every connection of the machine, so only rows that hold `needle` are parsed. */
function rowsWith(file: string, needle: string): Promise<readonly TcpSocket[]> {
  return readProcBytes(file, (table) => parseRows(table, needle)).catch((error: unknown) => {
    // A kernel without IPv6 has no such table.
    if (hasCode(error, 'ENOENT') && file.endsWith('6')) return [];
    throw error;
  });
}

function parseRows(table: Buffer, needle: string): readonly TcpSocket[] {
  const found: TcpSocket[] = [];
  for (let at = table.indexOf(needle), end = 0; at !== -1; at = table.indexOf(needle, end)) {
    const next = table.indexOf('\n', at);
    end = next === -1 ? table.length : next;
    const socket = parseRow(table.toString('latin1', table.lastIndexOf('\n', at) + 1, end));
    if (socket !== null) found.push(socket);
  }
  return found;
}

// sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode
const ROW =
  /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]{2}) [^ ]+ ([0-9A-F]{2}):([0-9A-F]+) [^ ]+ +(\d+) +\d+ +(\d+) /;

/** `when` counts in USER_HZ, which is 100 a second on every architecture that Node runs on. */
const TICK = 10;

function parseRow(row: string): TcpSocket | null {
  const [, local, port, remote, remotePort, state, timer, when, uid, inode] = ROW.exec(row) ?? [];
  if (local === undefined || remote === undefined || uid === undefined || inode === undefined) return null;
  const hex = (text: string | undefined): number => Number.parseInt(text ?? '', 16);
  return {
    local: addressOf(local),
    port: hex(port),
    remote: addressOf(remote),
    remotePort: hex(remotePort),
    state: hex(state),
    timer: timer === '00' ? null : hex(when) * TICK,
    uid,
    inode,
  };
}

/** The table has each 32 bits of an address as a hexadecimal number in this machine's byte order. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex');
  if (endianness() === 'LE') bytes.swap32();
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(group * 2).toString(16));
  return canonicalIPv6(groups.join(':'));
}

/** An IPv6 address as the tables' addresses are written here, so that two can be compared as text. */
export function canonicalIPv6(address: string): string {
  return new SocketAddress({ address, family: 'ipv6' }).address;
}
