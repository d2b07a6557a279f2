import { setTimeout } from 'node:timers/promises';
import type { ListenerPlan, ProfilePlan } from '../../config/types.ts';
import { allocationRange, type PortRange } from './client-ports.ts';
import { conflictText, findConflict, holdersOf } from './port-conflict.ts';
import { isFree } from './try-port.ts';

export type AcquiredPorts =
  | { readonly ok: true; readonly ports: ReadonlyMap<string, number> }
  | { readonly ok: false; readonly reason: string };

/**
 * Ends the processes of earlier generations of that profile to which some of these belong, which hold its port; false
 * if none does.
 */
export type EndLeftovers = (profile: string, port: number, pids: readonly number[]) => Promise<boolean>;

/** How many ports an allocation tries before it gives up. */
const MAX_TRIES = 512;
/**
 * A process is reported to have ended as soon as its first thread has, but its sockets close with its last one (seen
 * with Node in 1 of 25 kills). So the port is tried a few times more, this many ms apart.
 */
const LINGER = 20;
const LINGER_TRIES = 5;
/**
 * ms that a start waits for a port that only a connection which is over keeps: a minute in TIME_WAIT, and some more.
 * A connection whose other end stays silent may take longer; its start fails, and is repeated.
 */
const CLOSING_AT_MOST = 70_000;
/** ms between two tries meanwhile. */
const CLOSING_RETRY = 250;

/** What a start that waits for a port needs. */
export interface PortWait {
  /** False once the start is not wanted any more, which ends the wait. */
  readonly isWanted: () => boolean;
  /** Called once for a wait, with the reason. */
  readonly waits: (reason: string) => void;
}

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
  readonly #endLeftovers: EndLeftovers;
  #range: Promise<PortRange> | undefined;

  constructor(
    profiles: readonly ProfilePlan[],
    random: () => number,
    endLeftovers: EndLeftovers = () => Promise.resolve(false),
  ) {
    this.#random = random;
    this.#endLeftovers = endLeftovers;
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
   * port stays the same from start to start while it is free. A fixed port that a process has fails the start, since
   * its requests would reach that process; if it belongs to a gateway that is ending, that end is awaited, and so is
   * that of a connection which no process has any more.
   */
  async acquire(profile: ProfilePlan, wait: PortWait): Promise<AcquiredPorts> {
    const ports = this.#ports.get(profile.name) ?? new Map<string, number>();
    this.#ports.set(profile.name, ports);
    for (const listener of profile.listeners) {
      const port = ports.get(listener.name);
      if (port !== undefined && (await this.#becomesFree(profile.name, listener, port))) continue;
      if (listener.port !== 'auto') {
        const reason = await this.#conflictText(profile, listener.host, listener.port, wait);
        if (reason === null) continue;
        return { ok: false, reason };
      }
      const allocated = await this.#allocate(listener);
      if (allocated === undefined) return { ok: false, reason: 'no free port could be allocated' };
      if (port !== undefined) this.#allocated.delete(port);
      ports.set(listener.name, allocated);
    }
    return { ok: true, ports: new Map(ports) };
  }

  async #becomesFree(profile: string, { host, port: wanted }: ListenerPlan, port: number): Promise<boolean> {
    // The config has given the allocated port to another listener since.
    if (wanted === 'auto' && this.#isFixed(port)) return false;
    if (await isFree(host, port)) return true;
    if (wanted !== 'auto') await this.#ending.get(port);
    if (await isFreeSoon(host, port)) return true;
    if (this.#ending.has(port)) return false;
    // A process that escaped when its generation ended.
    const hadLeftovers = await this.#endLeftovers(profile, port, await holdersOf(host, port));
    return hadLeftovers && (await isFreeSoon(host, port));
  }

  /** Why a fixed port is not free; null if it has become free. Waits for the end of a connection that is over. */
  async #conflictText(
    profile: ProfilePlan,
    host: string,
    port: number,
    wait: PortWait,
  ): Promise<string | null> {
    for (const [name, ports] of this.#ports) {
      if (name !== profile.name && this.#allocated.has(port) && [...ports.values()].includes(port)) {
        return `port ${port} is in use by ${name}, which it was allocated to; restart ${name}`;
      }
    }
    const deadline = performance.now() + CLOSING_AT_MOST;
    for (let told = false; ; await setTimeout(CLOSING_RETRY)) {
      const conflict = await findConflict(host, port, profile.knownHolders);
      if (conflict === null) return null;
      const reason = conflictText(`port ${port}`, conflict);
      if (conflict.kind === 'held' || !wait.isWanted() || performance.now() > deadline) return reason;
      if (!told) wait.waits(reason);
      told = true;
    }
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

async function isFreeSoon(host: string, port: number): Promise<boolean> {
  for (let tries = 0; tries < LINGER_TRIES; tries += 1) {
    if (await isFree(host, port)) return true;
    await setTimeout(LINGER);
  }
  return false;
}
