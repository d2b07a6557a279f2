import type { Plan, PlanDiff, ProfileChange, ProfilePlan } from '../config/types.ts';
import type { ProfileRules, Target } from '../snapshot.ts';
import type { SupervisedStatus } from '../supervised-status.ts';
import { Publisher } from './doors/publisher.ts';
import { Gateway } from './gateway.ts';
import { applyChange, freePortsOnceEnded, useForNextStart } from './reconfigure.ts';
import { isStarting, StartOrder, waitEvent, waitText } from './starts/start-order.ts';
import type { SupervisorContext } from './supervisor-context.ts';

/** A gateway whose profile was removed from the config, and which is still ending. */
interface Removed {
  readonly gateway: Gateway;
  /** The new profile of that name, if there is one: its gateway is created once this one has ended. */
  readonly next: ProfilePlan | null;
}

/** The gateways of the current plan, and removed ones that are still ending. */
export class Fleet {
  readonly publisher: Publisher;
  readonly #context: SupervisorContext;
  readonly #onForgotten: (profile: string) => void;
  readonly #order = new StartOrder((name) => this.#current.get(name)?.state);
  /** In the config's order. */
  #current: Map<string, Gateway>;
  readonly #removed = new Map<string, Removed>();
  /** The names of `up PROFILE…`; null if it named none. Only the operator starts the others. */
  #only: ReadonlySet<string> | null = null;
  /**
   * The highest generation of all removed gateways: if a profile of that name is added again, its numbers continue
   * from there.
   */
  #lastGeneration = 0;
  #isBatching = false;
  #isAdvancing = false;
  #mustAdvance = false;

  /** `onForgotten` is called for each profile whose gateway was removed and has ended. */
  constructor(plan: Plan, context: SupervisorContext, onForgotten: (profile: string) => void) {
    this.#context = context;
    this.#onForgotten = onForgotten;
    this.#current = new Map(plan.profiles.map((profile) => [profile.name, this.#create(profile)]));
    this.publisher = new Publisher(plan.routes, rulesOf(plan), () => this.#targets());
  }

  /** Also finds a removed gateway that is still ending. */
  find(name: string): Gateway | undefined {
    return this.#current.get(name) ?? this.#removed.get(name)?.gateway;
  }

  /** The names of the current plan, in the config's order. */
  get names(): readonly string[] {
    return [...this.#current.keys()];
  }

  /** All gateways, including removed ones that are still ending. */
  get all(): readonly Gateway[] {
    return [...this.#current.values(), ...[...this.#removed.values()].map(({ gateway }) => gateway)];
  }

  /** The gateways that should run and have neither started nor failed yet; those that wait for others are left out. */
  get starting(): readonly Gateway[] {
    return [...this.#current.values()].filter(({ state }) => isStarting(state) && state.desired === 'up');
  }

  status(): readonly SupervisedStatus[] {
    return this.all.map((gateway) => {
      const status = gateway.status();
      const waitsFor = this.#order.waitsFor(status.name);
      if (waitsFor.length > 0) return { ...status, desired: 'up', last_error: waitText(waitsFor) };
      const waits = this.#context.starts.waitReason(status.name);
      if (waits === null) return status;
      const before = status.last_error === null ? '' : `; before that: ${status.last_error}`;
      return { ...status, last_error: `${waits}${before}` };
    });
  }

  /** By profile, in bytes; null if no process runs or it cannot be read. */
  async memory(): Promise<ReadonlyMap<string, number | null>> {
    const known = this.all.map(async (gateway) => [gateway.profile.name, await gateway.memory()] as const);
    return new Map(await Promise.all(known));
  }

  /** Starts every `start: always` profile, or only the named ones; `url:` profiles are probed in any case. */
  start(names?: readonly string[]): void {
    if (names !== undefined) this.#only = new Set(names);
    this.#batch(() => {
      for (const gateway of [...this.#current.values()]) {
        const profile = this.#withOnly(gateway.profile);
        if (profile.start !== gateway.profile.start) this.#change(profile, 'update');
        this.#begin(profile, names?.includes(profile.name) ?? profile.start === 'always');
      }
    });
  }

  /** Carries out an operator's command; the gateway no longer waits for others. */
  command(gateway: Gateway, event: Parameters<Gateway['dispatch']>[0]): void {
    this.#order.forget(gateway.profile.name);
    if (event.type !== 'stop') gateway.prioritizeStart();
    gateway.dispatch(event);
    this.changed();
  }

  /** Stops every gateway, and creates no more. */
  stop(atOnce: boolean): void {
    this.#order.clear();
    for (const [name, removed] of this.#removed) this.#removed.set(name, { ...removed, next: null });
    for (const gateway of this.all) gateway.dispatch({ type: 'stop', atOnce });
  }

  /**
   * Applies the next plan, even while the changes of an earlier one are in progress: each gateway ends up as the
   * newest plan says.
   */
  apply(plan: Plan, diff: PlanDiff): void {
    const changes = new Map(diff.changed.map(({ profile, how }) => [profile, how]));
    const profiles = plan.profiles.map((profile) => this.#withOnly(profile));
    this.publisher.routes = plan.routes;
    this.publisher.rules = rulesOf(plan);
    this.#batch(() => {
      for (const name of diff.removed) this.#remove(name, null);
      for (const profile of profiles) {
        const how = changes.get(profile.name);
        if (how !== undefined) this.#change(profile, how);
        else if (diff.replaced.includes(profile.name)) this.#remove(profile.name, profile);
        else if (diff.added.includes(profile.name)) this.#add(profile);
      }
      const ordered = profiles.flatMap(({ name }): [string, Gateway][] => {
        const gateway = this.#current.get(name);
        return gateway === undefined ? [] : [[name, gateway]];
      });
      this.#current = new Map(ordered);
    });
  }

  /**
   * Must be called when a gateway has changed. Publishes it to the doors, and starts the gateways that waited for it.
   */
  changed(): void {
    this.publisher.publish();
    if (!this.#isBatching) this.#advance();
  }

  /** Publishes all that `change` changes as one snapshot. */
  #batch(change: () => void): void {
    this.publisher.batch(() => {
      this.#isBatching = true;
      try {
        change();
      } finally {
        this.#isBatching = false;
      }
      this.#advance();
    });
    for (const { profile, state } of this.#current.values()) {
      const waitsFor = this.#order.waitsFor(profile.name);
      if (waitsFor.length > 0) this.#context.report(waitEvent(profile.name, state, waitText(waitsFor)));
    }
  }

  /**
   * Replaces removed gateways that have ended, and starts gateways that no longer wait for others. A start calls this
   * again; the nested call only makes the loop continue, since recursion would start the config's last gateway first.
   */
  #advance(): void {
    this.#mustAdvance = true;
    if (this.#isAdvancing) return;
    this.#isAdvancing = true;
    try {
      while (this.#mustAdvance) {
        this.#mustAdvance = false;
        this.#dropEnded();
        const name = this.#order.dequeue();
        if (name === undefined) continue;
        this.#mustAdvance = true;
        this.#current.get(name)?.dispatch({ type: 'start' });
      }
    } finally {
      this.#isAdvancing = false;
    }
  }

  /** Forgets the removed gateways that have ended, and adds the profiles that took their names. */
  #dropEnded(): void {
    for (const [name, { gateway, next }] of this.#removed) {
      if (gateway.state.phase.name !== 'stopped') continue;
      this.#removed.delete(name);
      this.#lastGeneration = Math.max(this.#lastGeneration, gateway.state.generation);
      this.#onForgotten(name);
      if (next !== null) this.#add(next);
      this.publisher.publish();
    }
  }

  /** Starts a new gateway once every gateway in its `after` has started. A `url:` profile is probed in any case. */
  #begin({ name, launch, after }: ProfilePlan, wanted: boolean): void {
    if (launch.kind === 'url') this.#current.get(name)?.dispatch({ type: 'start' });
    else if (wanted) this.#order.wait(name, after);
  }

  #add(profile: ProfilePlan): void {
    const { name, launch, start } = profile;
    const removed = this.#removed.get(name);
    if (removed === undefined) {
      this.#context.ports.configure(profile);
      this.#current.set(name, this.#create(profile));
      this.#begin(profile, start === 'always');
    } else if (removed.gateway.profile.launch.kind === launch.kind && start === 'always') {
      this.#removed.delete(name);
      this.#current.set(name, removed.gateway);
      useForNextStart(removed.gateway, profile, this.#context.ports);
      removed.gateway.dispatch({ type: 'start' });
    } else {
      this.#removed.set(name, { ...removed, next: profile });
    }
  }

  #remove(name: string, next: ProfilePlan | null): void {
    this.#order.forget(name);
    const gateway = this.find(name);
    if (gateway === undefined) return;
    this.#current.delete(name);
    this.#removed.set(name, { gateway, next });
    gateway.dispatch({ type: 'stop', atOnce: false });
    freePortsOnceEnded(gateway, this.#context.ports);
  }

  #change(profile: ProfilePlan, how: ProfileChange['how']): void {
    const { name, start, after } = profile;
    const gateway = this.#current.get(name);
    if (gateway === undefined) {
      this.#add(profile);
      return;
    }
    const { phase, generation } = gateway.state;
    if (this.#order.has(name)) this.#order.wait(name, after);
    if (gateway.profile.start === start || phase.name !== 'stopped') {
      applyChange(gateway, profile, how, this.#context.ports);
      return;
    }
    // `desired` is set at construction, so a stopped gateway can be replaced.
    this.#order.forget(name);
    this.#context.ports.configure(profile);
    this.#current.set(name, this.#create(profile, generation));
    this.#begin(profile, start === 'always');
  }

  #create(profile: ProfilePlan, generation = this.#lastGeneration): Gateway {
    return new Gateway(profile, this.#context, generation);
  }

  /** The profile, with `start: manual` if `up PROFILE…` named others only. */
  #withOnly(profile: ProfilePlan): ProfilePlan {
    if (this.#only === null || this.#only.has(profile.name)) return profile;
    return { ...profile, start: 'manual' };
  }

  #targets(): readonly Target[] {
    return this.all.flatMap((gateway) => {
      // A gateway that waits for others starts by itself, so its requests are held.
      const waits = this.#order.has(gateway.profile.name);
      return waits ? gateway.targets().map(asPending) : gateway.targets();
    });
  }
}

function rulesOf({ profiles }: Plan): readonly ProfileRules[] {
  return profiles.map(({ name, verify, delivery }) => ({ profile: name, verify, delivery }));
}

function asPending(target: Target): Target {
  return target.state === 'down' ? { ...target, state: 'pending' } : target;
}
