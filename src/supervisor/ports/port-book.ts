import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { ListenerPlan, ProfilePlan } from '../../config/types.ts';
import { errorCode } from '../../util/errno.ts';
import { describeHolder } from './port-owner.ts';

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export type AcquiredPorts =
  | { readonly ok: true; readonly ports: ReadonlyMap<string, number> }
  | { readonly ok: false; readonly reason: string };

const RANGE_SIZE = 12_768;
const DEFAULT_RANGE: PortRange = { from: 20_000, to: 32_767 };
/** How many ports an allocation tries before it gives up. */
const MAX_TRIES = 512;
/**
 * A process is reported to have ended as soon as its first thread has, but its sockets close with its last one (seen
 * with Node in 1 of 25 kills). So the port is tried a few times more, this many ms apart.
 */
const LINGER = 20;
const LINGER_TRIES = 5;
/** Timeout in ms of a connection to a port that gwproxy cannot bind; loopback answers at once. */
const CONNECT_TIMEOUT = 500;

/** Keeps track of which profile has which ports; one for each supervisor. */
export class PortBook {
  /** By profile, then by listener. */
  readonly #ports = new Map<string, Map<string, number>>();
  /** By profile: the ports that the config names. */
  readonly #fixed = new Map<string, ReadonlySet<number>>();
  /** Ports of `port: auto`. */
  readonly #allocated = new Set<number>();
  /** Ports of gateways that are ending: each is free once its promise resolves. */
  readonly #ending = new Map<number, Promise<unknown>>();
  readonly #random: () => number;
  #range: Promise<PortRange> | undefined;

  constructor(profiles: readonly ProfilePlan[], random: () => number) {
    this.#random = random;
    for (const profile of profiles) this.configure(profile);
  }

  /** Applies the configured ports of a profile. A listener that still has `port: auto` keeps its allocated port. */
  configure({ name, launch, listeners }: ProfilePlan): void {
    const before = new Map(this.of(name));
    const named = this.#fixed.get(name);
    // The map must stay the same object: a start in progress may add to it.
    const ports = this.#ports.get(name) ?? new Map<string, number>();
    ports.clear();
    for (const { name: listener, port } of listeners) {
      const had = before.get(listener);
      if (port !== 'auto') ports.set(listener, port);
      else if (had !== undefined && named?.has(had) !== true) ports.set(listener, had);
    }
    this.#ports.set(name, ports);
    this.#release(before, ports);
    const fixed = listeners.flatMap(({ port }) => (port === 'auto' ? [] : [port]));
    this.#fixed.set(name, new Set(launch.kind === 'command' ? fixed : []));
  }

  forget(profile: string): void {
    this.#release(this.of(profile), new Map());
    this.#ports.delete(profile);
    this.#fixed.delete(profile);
  }

  /** The profile's gateway is ending; its ports are free once `ended` resolves. */
  freeOnceEnded(profile: string, ended: Promise<unknown>): void {
    for (const port of this.of(profile).values()) {
      this.#ending.set(port, ended);
      void ended.then(() => {
        if (this.#ending.get(port) === ended) this.#ending.delete(port);
      });
    }
  }

  /** The profile's ports by listener: fixed ones from the beginning, allocated ones from its first start on. */
  of(profile: string): ReadonlyMap<string, number> {
    return this.#ports.get(profile) ?? new Map();
  }

  /**
   * Makes sure that every port of the profile is free at this moment, and allocates those of `port: auto`. An allocated
   * port stays the same from start to start while it is free. A fixed port that is in use fails the start, since its
   * requests would reach another process; if it belongs to a gateway that is ending, that end is awaited.
   */
  async acquire(profile: ProfilePlan): Promise<AcquiredPorts> {
    const ports = this.#ports.get(profile.name) ?? new Map<string, number>();
    this.#ports.set(profile.name, ports);
    for (const listener of profile.listeners) {
      const port = ports.get(listener.name);
      if (port !== undefined && (await this.#becomesFree(listener, port))) continue;
      if (listener.port !== 'auto')
        return { ok: false, reason: await this.#inUseText(profile.name, listener.host, listener.port) };
      const allocated = await this.#allocate(listener);
      if (allocated === undefined) return { ok: false, reason: 'no free port could be allocated' };
      if (port !== undefined) this.#allocated.delete(port);
      ports.set(listener.name, allocated);
    }
    return { ok: true, ports: new Map(ports) };
  }

  async #becomesFree({ host, port: wanted }: ListenerPlan, port: number): Promise<boolean> {
    // The config has given the allocated port to another listener since.
    if (wanted === 'auto' && this.#isFixed(port)) return false;
    if (await isFree(host, port)) return true;
    if (wanted !== 'auto') await this.#ending.get(port);
    for (let tries = 0; tries < LINGER_TRIES; tries += 1) {
      if (await isFree(host, port)) return true;
      await setTimeout(LINGER);
    }
    return false;
  }

  async #inUseText(profile: string, host: string, port: number): Promise<string> {
    for (const [name, ports] of this.#ports) {
      if (name !== profile && this.#allocated.has(port) && [...ports.values()].includes(port)) {
        return `port ${port} is in use by ${name}, which it was allocated to; restart ${name}`;
      }
    }
    return `port ${port} is in use by ${await describeHolder(host, port)}`;
  }

  #isFixed(port: number): boolean {
    return [...this.#fixed.values()].some((ports) => ports.has(port));
  }

  #release(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): void {
    const still = new Set(after.values());
    for (const port of before.values()) if (!still.has(port)) this.#allocated.delete(port);
  }

  async #allocate(listener: ListenerPlan): Promise<number | undefined> {
    this.#range ??= allocationRange();
    const { from, to } = await this.#range;
    const size = to - from + 1;
    const first = Math.floor(this.#random() * size);
    for (let tries = 0; tries < Math.min(MAX_TRIES, size); tries += 1) {
      const port = from + ((first + tries) % size);
      if (this.#isFixed(port) || this.#allocated.has(port)) continue;
      // Marked before the check, so that two profiles that start at once never get the same port.
      this.#allocated.add(port);
      if (await isFree(listener.host, port)) return port;
      this.#allocated.delete(port);
    }
    return undefined;
  }
}

/**
 * The range that ports are allocated from: outside the system's range for client sockets, one of which could otherwise
 * take a port while its gateway restarts.
 */
export async function allocationRange(file = '/proc/sys/net/ipv4/ip_local_port_range'): Promise<PortRange> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    // Not Linux. Elsewhere the range begins at 49152 (RFC 6335 §6).
    if (errorCode(error) !== undefined) return DEFAULT_RANGE;
    throw error;
  }
  const [low = 0, high = 0] = text.trim().split(/\s+/).map(Number);
  if (low - RANGE_SIZE > 1024) return { from: low - RANGE_SIZE, to: low - 1 };
  if (high + 1000 < 65_535) return { from: high + 1, to: 65_535 };
  return DEFAULT_RANGE;
}

/** Whether a gateway could listen there now; finds out by listening. */
export async function isFree(host: string, port: number): Promise<boolean> {
  const code = await tryListen(host, port);
  if (code === null) return true;
  if (code === 'EADDRINUSE') return false;
  // A privileged port, or an address that is not this machine's (a container's): in use if it accepts connections.
  return !(await acceptsConnections(host, port));
}

/** The system's error code for listening there; null if it is permitted. */
export function tryListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(errorCode(error) ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

function acceptsConnections(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.setTimeout(CONNECT_TIMEOUT);
    const settle = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.on('error', () => settle(false));
  });
}
