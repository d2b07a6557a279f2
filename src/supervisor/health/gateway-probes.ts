import type { Health, ListenerPlan, ProfilePlan } from '../../config/types.ts';
import type { Report } from '../../events.ts';
import { FOREIGN_HOLDER, type Holder } from '../../holder.ts';
import type { Condition } from '../lifecycle/conditions.ts';
import type { GatewayEvent } from '../lifecycle/state.ts';
import { connectableHost } from '../ports/connectable-host.ts';
import { OwnListeners } from '../ports/own-listeners.ts';
import type { Owner } from '../ports/ownership.ts';
import { PortOwner } from '../ports/port-owner.ts';
import { HAS_PROC } from '../tree/proc.ts';
import { ConditionProbe, type ProbeState } from './condition-probe.ts';
import type { ProbeFailure } from './health.ts';
import { misplaced, otherLoopback } from './misplaced.ts';
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

/**
 * ms for which a listener must have been absent before the gateway's processes are searched: most gateways listen by
 * then, and a search would only delay the probe that finds it.
 */
const SEARCHED_AFTER = 1000;

interface OtherHost {
  readonly configured: string;
  readonly actual: string;
  /** The last generation whose own processes were seen to listen there. */
  readonly generation: number | null;
}

/** The probes of every listener of one gateway, one set for each generation. */
export class GatewayProbes {
  readonly #options: GatewayProbesOptions;
  readonly #probes = new Map<string, ConditionProbe<Health>>();
  readonly #ownListeners: OwnListeners;
  /**
   * By listener: the loopback address at which the gateway listens, if it is not the one that its config names. It is
   * tried first in the next generation, if its owner is checked.
   */
  readonly #otherHosts = new Map<string, OtherHost>();
  /** By listener: since when no process has been seen to listen there, in epoch ms. */
  readonly #absentSince = new Map<string, number>();
  /** By listener; they outlive the probes until the next generation. */
  readonly #owners = new Map<string, PortOwner>();
  #generation: number | null = null;
  /** Keys of the reports made in this generation, since each is made only once. */
  readonly #reported = new Set<string>();

  constructor(options: GatewayProbesOptions) {
    this.#options = options;
    this.#ownListeners = new OwnListeners(options.members);
  }

  /** Starts all probes for the current profile. Within one generation their state carries over. */
  start(generation: number): void {
    const carriedOver = new Map<string, ProbeState>();
    if (generation === this.#generation) {
      for (const [name, probe] of this.#probes) carriedOver.set(name, probe.state);
    } else {
      this.#reported.clear();
      this.#owners.clear();
      this.#absentSince.clear();
      // Without a check, another program that took that address since would stand for the gateway.
      if (this.#options.profile().ownerCheck === 'off') this.#otherHosts.clear();
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

  /**
   * Names the listeners that fail their probes, with their ports, the failures, and what to change for those that were
   * never ready; '' if none fails.
   */
  failureText(): string {
    return [...this.#probes.keys()].flatMap((name) => this.#failureOf(name) ?? []).join('; ');
  }

  /** Whether a probe has failed otherwise than in a gateway that does not listen yet. */
  get hasTellingFailure(): boolean {
    return [...this.#probes.values()].some(
      ({ lastFailure }) =>
        lastFailure !== null && (lastFailure.cause !== 'absent' || lastFailure.advice !== undefined),
    );
  }

  /** The address at which the listener is reached: that of its config, or the other loopback address. */
  host({ name, host }: Pick<ListenerPlan, 'name' | 'host'>): string {
    const other = this.#otherHosts.get(name);
    return other?.configured === host ? other.actual : connectableHost(host);
  }

  #failureOf(name: string): string | null {
    const { lastFailure, state } = this.#probes.get(name) ?? {};
    if (lastFailure === null || lastFailure === undefined) return null;
    const { reason, advice } = lastFailure;
    const hint = advice === undefined || state?.wasReady === true ? '' : `; ${advice}`;
    return `${name} on port ${this.#options.ports().get(name)}: ${reason}${hint}`;
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
    plan: ListenerPlan,
    port: number,
    carriedOver: ProbeState | null,
  ): ConditionProbe<Health> {
    const { name: listener, health, liveness } = plan;
    const { now, dispatch } = this.#options;
    const managed = this.#options.profile().launch.kind === 'command';
    const owned = this.#ownedProbe(plan, port);
    const condition: Condition = { kind: 'listener', name: listener };
    return new ConditionProbe({
      health,
      liveness: managed ? liveness : null,
      carriedOver,
      probe: (settings, signal) => probeOwned(owned, settings, signal),
      now,
      ready: () => dispatch({ type: 'conditionMet', generation, condition }),
      lost: (reason) => dispatch({ type: 'conditionLost', generation, condition, reason }),
      hung: (reason) =>
        this.#reportOnce('hung', () => dispatch({ type: 'hung', generation, condition, reason })),
      foreign: (reason) =>
        this.#reportOnce(`foreign ${listener}`, () => dispatch({ type: 'trouble', generation, reason })),
      stuck: () =>
        this.#reportOnce(`stuck ${listener}`, () => {
          const reason = this.#failureOf(listener);
          if (reason !== null) dispatch({ type: 'trouble', generation, reason });
        }),
    });
  }

  #ownedProbe(plan: ListenerPlan, port: number): OwnedProbeOptions {
    const { name: listener } = plan;
    const { profile, report } = this.#options;
    const { name, launch, ownerCheck } = profile();
    // The processes of a `url:` profile are not ours, and may run on another machine.
    const check = launch.kind === 'command' ? ownerCheck : 'off';
    const blocked = check === 'strict';
    const host = (): string => this.host(plan);
    return {
      host,
      port,
      check: check === 'lenient' && !HAS_PROC ? 'off' : check,
      findOwner: () => this.#findOwner(listener, host(), port),
      explainAbsence: (failure) => this.#explainAbsence(plan, port, failure),
      ownerUnknown: (reason) =>
        this.#reportOnce(`unknown ${listener} ${blocked}`, () =>
          report({ type: 'listener.unknown-owner', profile: name, listener, port, blocked, reason }),
        ),
    };
  }

  /**
   * Says where the gateway's own processes listen instead. At the other loopback address the next probe finds it: a
   * name such as `localhost` is ::1 to one program and 127.0.0.1 to another, and neither can be reached from outside.
   */
  async #explainAbsence(plan: ListenerPlan, port: number, failure: ProbeFailure): Promise<ProbeFailure> {
    const { profile, ports, now } = this.#options;
    if (profile().launch.kind === 'url') return failure;
    const { name: listener, host: configured } = plan;
    const since = this.#absentSince.get(listener) ?? now();
    this.#absentSince.set(listener, since);
    if (now() - since < SEARCHED_AFTER) return failure;
    const others = new Set([...ports()].flatMap(([name, other]) => (name === listener ? [] : [other])));
    const found = await this.#ownListeners.find();
    const actual = otherLoopback({ host: this.host(plan), port }, found);
    if (actual !== null) {
      this.#otherHosts.set(listener, { configured, actual, generation: this.#generation });
      return failure;
    }
    const host = connectableHost(configured);
    const elsewhere = misplaced({ listener, host, port, others }, found);
    if (elsewhere === null) return failure;
    return { ...failure, reason: `${failure.reason}: ${elsewhere.reason}`, advice: elsewhere.advice };
  }

  /**
   * The owner of the port at that address. If the address is not the configured one and not known to be this
   * generation's, it is left: another program may have taken it between two lives, which no start looks for.
   */
  async #findOwner(listener: string, host: string, port: number): Promise<Owner> {
    const generation = this.#generation;
    const owner = await this.#owner(listener, host, port).find();
    const other = this.#otherHosts.get(listener);
    if (other?.actual !== host || generation === null || generation !== this.#generation) return owner;
    if (owner.kind === 'own') this.#otherHosts.set(listener, { ...other, generation });
    else if (owner.kind === 'foreign' || other.generation !== generation) {
      this.#otherHosts.delete(listener);
      return owner.kind === 'foreign'
        ? owner
        : { kind: 'foreign', name: `another process (${owner.reason})`, advice: null };
    }
    return owner;
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
      known: this.#options.profile().knownHolders,
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
