import { readFile } from 'node:fs/promises';
import { errorCode } from '../../util/errno.ts';

/** Both ends belong to it. */
export interface PortRange {
  readonly from: number;
  readonly to: number;
}

const RANGE_SIZE = 12_768;
const DEFAULT_RANGE: PortRange = { from: 20_000, to: 32_767 };
const FOLDER = '/proc/sys/net/ipv4';

/**
 * The range that this system takes the ports of outgoing connections from (`net.ipv4.ip_local_port_range`); null if
 * it cannot be read.
 */
export async function clientPortRange(folder: string = FOLDER): Promise<PortRange | null> {
  const [from, to] = ((await readSetting(`${folder}/ip_local_port_range`)) ?? '').split(/\s+/).map(Number);
  return from !== undefined && to !== undefined && from > 0 && to >= from ? { from, to } : null;
}

/**
 * The range that gwproxy allocates ports from: outside that of outgoing connections, one of which could otherwise take
 * a port while its gateway restarts.
 */
export async function allocationRange(folder?: string): Promise<PortRange> {
  const clients = await clientPortRange(folder);
  // Not Linux. Elsewhere the range of client ports begins at 49152 (RFC 6335 §6).
  if (clients === null) return DEFAULT_RANGE;
  const { from, to } = clients;
  if (from - RANGE_SIZE > 1024) return { from: from - RANGE_SIZE, to: from - 1 };
  return to + 1000 < 65_535 ? { from: to + 1, to: 65_535 } : DEFAULT_RANGE;
}

/**
 * What the operator can do about a port that an outgoing connection may take; null if the system never gives it to
 * one: it lies outside the range, or is reserved (`net.ipv4.ip_local_reserved_ports`).
 */
export async function clientPortAdvice(port: number, folder: string = FOLDER): Promise<string | null> {
  const range = await clientPortRange(folder);
  if (range === null || port < range.from || port > range.to) return null;
  const reserved = (await readSetting(`${folder}/ip_local_reserved_ports`)) ?? '';
  if (includesPort(reserved, port)) return null;
  // The setting is replaced as a whole, so the ports that are reserved already are repeated.
  const list = [...(reserved === '' ? [] : [reserved]), port].join(',');
  return (
    `choose a port outside ${range.from} to ${range.to}, from which this system takes the ports of outgoing ` +
    `connections (net.ipv4.ip_local_port_range), or reserve it: \`sudo sysctl -w net.ipv4.ip_local_reserved_ports=${list}\``
  );
}

/** Whether a list such as `8080,9000-9010` includes the port. Pure. */
export function includesPort(list: string, port: number): boolean {
  return list.split(',').some((part) => {
    const [first, last = first] = part.split('-').map(Number);
    return first !== undefined && last !== undefined && port >= first && port <= last;
  });
}

/** Null if the system has no such setting. */
async function readSetting(file: string): Promise<string | null> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (errorCode(error) !== undefined) return null;
    throw error;
  }
}
