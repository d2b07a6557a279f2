import type { ListenerPlan, ProfilePlan } from '../../config/types.ts';
import type { Report } from '../../events.ts';
import { FOREIGN_HOLDER, type Holder } from '../../holder.ts';
import { reachable } from '../doors/targets.ts';
import type { GatewayEvent } from '../lifecycle/state.ts';
import { PortOwner } from '../ports/port-owner.ts';
import { HAS_PROC } from '../tree/proc.ts';
import { ListenerProbe, type ProbeState } from './listener-probe.ts';
import { type OwnedProbeOptions, probeOwned } from './owned-probe.ts';

export interface GatewayProbesOptions {
  readonly profile: () => ProfilePlan;
  readonly ports: () => ReadonlyMap<string, number>;
  /** The leader of the gateway's process group, while there is one: found on a port without looking at the others. */
  readonly leader?: () => number | null;
  /** The gateway's processes. */
  readonly processes: () => Promise<readonly number[]>;
  readonly report: Report;
  /** Epoch ms. */
  readonly now: () => number;
  readonly dispatch: (event: GatewayEvent) => void;
  /** Others of the gateway's processes hold that listener's port than until now. */
  readonly holdersChanged: (listener: string) => void;
}

/** The probes of every listener of one gateway: one set a generation. */
export class GatewayProbes {
  readonly #options: GatewayProbesOptions;
  readonly #probers = new Map<string, ListenerProbe>();
  /** By listener: as long as the generation, whatever becomes of the probes. */
  readonly #owners = new Map<string, PortOwner>();
  #generation: number | null = null;
  /** What is said once in a generation, and was. */
  readonly #told = new Set<string>();

  constructor(options: GatewayProbesOptions) {
    this.#options = options;
  }

  /** Of the same generation once more: with the probes as the config has them now, and what is known kept. */
  start(generation: number): void {
    const known = new Map<string, ProbeState>();
    if (generation === this.#generation) {
      for (const [name, prober] of this.#probers) known.set(name, prober.known);
    } else {
      this.#told.clear();
      this.#owners.clear();
    }
    this.#generation = generation;
    this.end();
    const { profile, ports } = this.#options;
    for (const listener of profile().listeners) {
      const port = ports().get(listener.name);
      // One that a changed config brought has its port from the next start on.
      if (port === undefined) continue;
      this.#probers.set(listener.name, this.#prober(generation, listener, port, known));
    }
  }

  /** Which listeners do not answer, on which port, and what was met there; '' where all do. */
  failureText(): string {
    const ports = this.#options.ports();
    return [...this.#probers]
      .filter(([, { lastFailure }]) => lastFailure !== null)
      .map(([name, { lastFailure }]) => `${name} on port ${ports.get(name)}: ${lastFailure}`)
      .join('; ');
  }

  /** Who of the gateway's own processes hold that listener's port; empty where that is not known (yet). */
  holders(listener: string): readonly Holder[] {
    return this.#owners.get(listener)?.holders ?? [];
  }

  end(): void {
    for (const prober of this.#probers.values()) prober.end();
    this.#probers.clear();
  }

  /** A door could not connect, by the system's `code`, or was not to send anything (STRANGER). */
  connectionFailed(listener: string, code: string): void {
    // Its own may hold it by another socket now: that need not wait for a health answer.
    if (code === FOREIGN_HOLDER) void this.#owners.get(listener)?.find();
    this.#probers.get(listener)?.connectionFailed(code);
  }

  #prober(
    generation: number,
    { name: listener, host, health, liveness }: ListenerPlan,
    port: number,
    known: ReadonlyMap<string, ProbeState>,
  ): ListenerProbe {
    const { now, dispatch: verdict } = this.#options;
    const managed = this.#options.profile().launch.kind === 'command';
    const asking = this.#asking(listener, reachable(host), port);
    return new ListenerProbe({
      health,
      liveness: managed ? liveness : null,
      carriedOver: known.get(listener) ?? null,
      probe: (probe, signal) => probeOwned(asking, probe, signal),
      now,
      ready: () => verdict({ type: 'listenerReady', generation, listener }),
      lost: (reason) => verdict({ type: 'listenerLost', generation, listener, reason }),
      hung: (reason) => this.#once('hung', () => verdict({ type: 'hung', generation, listener, reason })),
      foreign: (reason) =>
        this.#once(`stranger ${listener}`, () => verdict({ type: 'trouble', generation, reason })),
    });
  }

  #asking(listener: string, host: string, port: number): OwnedProbeOptions {
    const { profile, report } = this.#options;
    const { name, launch, ownerCheck } = profile();
    // Nobody here knows whose process serves a `url:`.
    const check = launch.kind === 'command' ? ownerCheck : 'off';
    const blocked = check === 'strict';
    const owner = this.#owner(listener, host, port);
    return {
      host,
      port,
      check: check === 'lenient' && !HAS_PROC ? 'off' : check,
      findOwner: () => owner.find(),
      ownerUnknown: (reason) =>
        this.#once(`unknown ${listener} ${blocked}`, () =>
          report({ type: 'listener.unknown-owner', profile: name, listener, port, blocked, reason }),
        ),
    };
  }

  /** The one of this generation, unless the config has moved the listener. */
  #owner(listener: string, host: string, port: number): PortOwner {
    const known = this.#owners.get(listener);
    if (known?.isFor(host, port) === true) return known;
    const { processes: members, leader = () => null, holdersChanged: moved } = this.#options;
    const owner = new PortOwner({
      host,
      port,
      leader,
      members,
      // A look of an earlier one may still be under way.
      holdersChanged: () => {
        if (this.#owners.get(listener) === owner) moved(listener);
      },
    });
    this.#owners.set(listener, owner);
    return owner;
  }

  #once(what: string, tell: () => void): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    tell();
  }
}
