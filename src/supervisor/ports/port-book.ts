import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { ListenerPlan, ProfilePlan } from '../../config/types.ts';
import { errorCode } from '../../util/errno.ts';
import { holderOf } from './port-owner.ts';

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export type AcquiredPorts =
  | { readonly ok: true; readonly ports: ReadonlyMap<string, number> }
  | { readonly ok: false; readonly reason: string };

const RANGE_SIZE = 12_768;
const DEFAULT_RANGE: PortRange = { from: 20_000, to: 32_767 };
/** Past so many busy ports in a row something else is wrong. */
const MAX_TRIES = 512;
/**
 * A process of many threads is told to be dead as soon as its first one is, and its sockets close with its last
 * (seen with Node in 1 of 25 kills): a few looks more, ms apart.
 */
const LINGER = 20;
const LINGER_TRIES = 5;
/** A port that cannot be bound by us is asked instead; loopback answers at once. */
const CONNECT_TIMEOUT = 500;

/** Which profile has which ports. One for each supervisor. */
export class PortBook {
  readonly #held = new Map<string, Map<string, number>>();
  /** Those that the config names, by profile. */
  readonly #fixed = new Map<string, ReadonlySet<number>>();
  readonly #allocated = new Set<number>();
  /** Of gateways that end: a port comes free when its promise resolves. */
  readonly #leaving = new Map<number, Promise<unknown>>();
  readonly #random: () => number;
  #range: Promise<PortRange> | undefined;

  constructor(profiles: readonly ProfilePlan[], random: () => number) {
    this.#random = random;
    for (const profile of profiles) this.configure(profile);
  }

  /** The ports of that profile as the config has it now; what was allocated is kept where it is still wanted. */
  configure({ name, launch, listeners }: ProfilePlan): void {
    const before = new Map(this.of(name));
    const named = this.#fixed.get(name);
    // The same map: a start may be under way that fills it.
    const held = this.#held.get(name) ?? new Map<string, number>();
    held.clear();
    for (const { name: listener, port } of listeners) {
      const had = before.get(listener);
      if (port !== 'auto') held.set(listener, port);
      else if (had !== undefined && named?.has(had) !== true) held.set(listener, had);
    }
    this.#held.set(name, held);
    this.#release(before, held);
    const fixed = listeners.flatMap(({ port }) => (port === 'auto' ? [] : [port]));
    this.#fixed.set(name, new Set(launch.kind === 'command' ? fixed : []));
  }

  forget(profile: string): void {
    this.#release(this.of(profile), new Map());
    this.#held.delete(profile);
    this.#fixed.delete(profile);
  }

  /** That profile's gateway ends, and has `ended` once it listens on none of its ports any more. */
  freeOnceEnded(profile: string, ended: Promise<unknown>): void {
    for (const port of this.of(profile).values()) {
      this.#leaving.set(port, ended);
      void ended.then(() => {
        if (this.#leaving.get(port) === ended) this.#leaving.delete(port);
      });
    }
  }

  /** The ports that profile has now: fixed ones from the first, allocated ones from its first start on. */
  of(profile: string): ReadonlyMap<string, number> {
    return this.#held.get(profile) ?? new Map();
  }

  /**
   * Every port of that profile, free at this moment. An allocated one is kept from start to start while it is free;
   * a fixed one that is taken fails the start, since whoever has it must get nothing. Where a gateway of ours has
   * it and ends, that is waited for.
   */
  async acquire(profile: ProfilePlan): Promise<AcquiredPorts> {
    const held = this.#held.get(profile.name) ?? new Map<string, number>();
    this.#held.set(profile.name, held);
    for (const listener of profile.listeners) {
      const port = held.get(listener.name);
      if (port !== undefined && (await this.#comesFree(listener, port))) continue;
      if (listener.port !== 'auto')
        return { ok: false, reason: await this.#takenBy(profile.name, listener.host, listener.port) };
      const allocated = await this.#allocate(listener);
      if (allocated === undefined) return { ok: false, reason: 'no free port could be allocated' };
      if (port !== undefined) this.#allocated.delete(port);
      held.set(listener.name, allocated);
    }
    return { ok: true, ports: new Map(held) };
  }

  async #comesFree({ host, port: wanted }: ListenerPlan, port: number): Promise<boolean> {
    // Since it was allocated, the config gave it to another.
    if (wanted === 'auto' && this.#isFixed(port)) return false;
    if (await isFree(host, port)) return true;
    if (wanted !== 'auto') await this.#leaving.get(port);
    for (let tries = 0; tries < LINGER_TRIES; tries += 1) {
      if (await isFree(host, port)) return true;
      await setTimeout(LINGER);
    }
    return false;
  }

  async #takenBy(profile: string, host: string, port: number): Promise<string> {
    for (const [name, held] of this.#held) {
      if (name !== profile && this.#allocated.has(port) && [...held.values()].includes(port)) {
        return `port ${port} is in use by ${name}, which it was allocated to; restart ${name}`;
      }
    }
    return `port ${port} is in use by ${await holderOf(host, port)}`;
  }

  #isFixed(port: number): boolean {
    return [...this.#fixed.values()].some((ports) => ports.has(port));
  }

  #release(before: ReadonlyMap<string, number>, kept: ReadonlyMap<string, number>): void {
    const still = new Set(kept.values());
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
      // Held before the check: two profiles that start at once never get the same one.
      this.#allocated.add(port);
      if (await isFree(listener.host, port)) return port;
      this.#allocated.delete(port);
    }
    return undefined;
  }
}

/**
 * Where ports are allocated: outside the range from which the system takes client sockets' ports, or one of
 * those could take the port while its gateway restarts.
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

/** Whether a gateway could listen there now: tried by listening. */
export async function isFree(host: string, port: number): Promise<boolean> {
  const code = await tryListen(host, port);
  if (code === null) return true;
  if (code === 'EADDRINUSE') return false;
  // A privileged port, or an address that is not this machine's (a container's): somebody who answers has it.
  return !(await accepts(host, port));
}

/** What the system says to listening there; null where it lets us. */
export function tryListen(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error) => resolve(errorCode(error) ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}

function accepts(host: string, port: number): Promise<boolean> {
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
