import type { ListenerPlan, ProfilePlan } from '../../config/types.ts';
import type { Report } from '../../events.ts';
import { FOREIGN_HOLDER, type Holder } from '../../holder.ts';
import type { GatewayEvent } from '../lifecycle/state.ts';
import { connectableHost } from '../ports/connectable-host.ts';
import { PortOwner } from '../ports/port-owner.ts';
import { HAS_PROC } from '../tree/proc.ts';
import { ListenerProbe, type ProbeState } from './listener-probe.ts';
import { type OwnedProbeOptions, probeOwned } from './owned-probe.ts';

export interface GatewayProbesOptions {
  readonly profile: () => ProfilePlan;
  /** By listener. */
  readonly ports: () => ReadonlyMap<string, number>;
  /**
   * The pid of the process group's leader, if there is one. If it holds the port, the list of other processes is not
   * needed.
   */
  readonly leader?: () => number | null;
  /** The pids of all the gateway's processes. */
  readonly members: () => Promise<readonly number[]>;
  readonly report: Report;
  /** Epoch ms. */
  readonly now: () => number;
  readonly dispatch: (event: GatewayEvent) => void;
  /** The processes or sockets of the gateway that hold that listener's port have changed. */
  readonly holdersChanged: (listener: string) => void;
}

/** The probes of every listener of one gateway, one set for each generation. */
export class GatewayProbes {
  readonly #options: GatewayProbesOptions;
  readonly #probes = new Map<string, ListenerProbe>();
  /** By listener; they outlive the probes until the next generation. */
  readonly #owners = new Map<string, PortOwner>();
  #generation: number | null = null;
  /** Keys of the reports made in this generation, since each is made only once. */
  readonly #reported = new Set<string>();

  constructor(options: GatewayProbesOptions) {
    this.#options = options;
  }

  /** Starts all probes for the current profile. Within one generation their state carries over. */
  start(generation: number): void {
    const carriedOver = new Map<string, ProbeState>();
    if (generation === this.#generation) {
      for (const [name, probe] of this.#probes) carriedOver.set(name, probe.state);
    } else {
      this.#reported.clear();
      this.#owners.clear();
    }
    this.#generation = generation;
    this.end();
    const { profile, ports } = this.#options;
    for (const listener of profile().listeners) {
      const port = ports().get(listener.name);
      // A listener that a changed config added has no port before the next start.
      if (port === undefined) continue;
      const state = carriedOver.get(listener.name) ?? null;
      this.#probes.set(listener.name, this.#probe(generation, listener, port, state));
    }
  }

  /** Names the listeners that fail their probes, with their ports and the failures; '' if none does. */
  failureText(): string {
    const ports = this.#options.ports();
    return [...this.#probes]
      .filter(([, { lastFailure }]) => lastFailure !== null)
      .map(([name, { lastFailure }]) => `${name} on port ${ports.get(name)}: ${lastFailure}`)
      .join('; ');
  }

  /** The holders of that listener's port among the gateway's own processes; empty while they are not known. */
  holders(listener: string): readonly Holder[] {
    return this.#owners.get(listener)?.holders ?? [];
  }

  end(): void {
    for (const probe of this.#probes.values()) probe.end();
    this.#probes.clear();
  }

  /** A door could not connect (the system's `code`), or found the port held by other processes (FOREIGN_HOLDER). */
  connectionFailed(listener: string, code: string): void {
    // The gateway may hold the port by another socket now, which the doors should learn before the next probe.
    if (code === FOREIGN_HOLDER) void this.#owners.get(listener)?.find();
    this.#probes.get(listener)?.connectionFailed(code);
  }

  #probe(
    generation: number,
    { name: listener, host, health, liveness }: ListenerPlan,
    port: number,
    carriedOver: ProbeState | null,
  ): ListenerProbe {
    const { now, dispatch } = this.#options;
    const managed = this.#options.profile().launch.kind === 'command';
    const owned = this.#ownedProbe(listener, connectableHost(host), port);
    return new ListenerProbe({
      health,
      liveness: managed ? liveness : null,
      carriedOver,
      probe: (settings, signal) => probeOwned(owned, settings, signal),
      now,
      ready: () => dispatch({ type: 'listenerReady', generation, listener }),
      lost: (reason) => dispatch({ type: 'listenerLost', generation, listener, reason }),
      hung: (reason) =>
        this.#reportOnce('hung', () => dispatch({ type: 'hung', generation, listener, reason })),
      foreign: (reason) =>
        this.#reportOnce(`foreign ${listener}`, () => dispatch({ type: 'trouble', generation, reason })),
    });
  }

  #ownedProbe(listener: string, host: string, port: number): OwnedProbeOptions {
    const { profile, report } = this.#options;
    const { name, launch, ownerCheck } = profile();
    // The processes of a `url:` profile are not ours, and may run on another machine.
    const check = launch.kind === 'command' ? ownerCheck : 'off';
    const blocked = check === 'strict';
    const owner = this.#owner(listener, host, port);
    return {
      host,
      port,
      check: check === 'lenient' && !HAS_PROC ? 'off' : check,
      findOwner: () => owner.find(),
      ownerUnknown: (reason) =>
        this.#reportOnce(`unknown ${listener} ${blocked}`, () =>
          report({ type: 'listener.unknown-owner', profile: name, listener, port, blocked, reason }),
        ),
    };
  }

  /** The owner of this generation, or a new one if the config has moved the listener. */
  #owner(listener: string, host: string, port: number): PortOwner {
    const known = this.#owners.get(listener);
    if (known?.isFor(host, port) === true) return known;
    const { members, leader = () => null, holdersChanged } = this.#options;
    const owner = new PortOwner({
      host,
      port,
      leader,
      members,
      // A scan for an earlier generation may still be in progress.
      holdersChanged: () => {
        if (this.#owners.get(listener) === owner) holdersChanged(listener);
      },
    });
    this.#owners.set(listener, owner);
    return owner;
  }

  #reportOnce(what: string, report: () => void): void {
    if (this.#reported.has(what)) return;
    this.#reported.add(what);
    report();
  }
}
