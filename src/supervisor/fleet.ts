import type { Plan, PlanDiff, ProfileChange, ProfilePlan } from '../config/types.ts';
import type { ProfileRules, Target } from '../snapshot.ts';
import type { SupervisedStatus } from '../supervised-status.ts';
import { Publisher } from './doors/publisher.ts';
import { Gateway } from './gateway.ts';
import { applyChange, freePortsOnceEnded, useForNextStart } from './reconfigure.ts';
import { isStarting, StartOrder, WAITS_FOR_TURN, waitEvent, waitText } from './starts/start-order.ts';
import type { SupervisorContext } from './supervisor-context.ts';

/** A gateway that ends for good. */
interface Leaving {
  readonly gateway: Gateway;
  /** Another profile of its name, which begins when it is gone. */
  readonly next: ProfilePlan | null;
}

/**
 * The gateways of a plan, and of the next one. Decides what each of them is told; what becomes of that is the
 * gateway's own matter.
 */
export class Fleet {
  readonly publisher: Publisher;
  readonly #around: SupervisorContext;
  readonly #forgotten: (profile: string) => void;
  readonly #order = new StartOrder((name) => this.#staying.get(name)?.state);
  /** In the config's order. */
  #staying: Map<string, Gateway>;
  readonly #leaving = new Map<string, Leaving>();
  /** Of `up PROFILE…`: the others start by hand alone. */
  #only: ReadonlySet<string> | null = null;
  /** The highest of those that are forgotten: a name that comes again counts on from there. */
  #lastGeneration = 0;
  #deciding = false;
  #goesOn = false;
  #isDue = false;

  /** `forgotten` is told of each profile that is no more. */
  constructor(plan: Plan, around: SupervisorContext, forgotten: (profile: string) => void) {
    this.#around = around;
    this.#forgotten = forgotten;
    this.#staying = new Map(plan.profiles.map((profile) => [profile.name, this.#newborn(profile)]));
    this.publisher = new Publisher(plan.routes, rulesOf(plan), () => this.#targets());
  }

  /** Also one that ends for good. */
  find(name: string): Gateway | undefined {
    return this.#staying.get(name) ?? this.#leaving.get(name)?.gateway;
  }

  /** In the config's order; not those that end for good. */
  get names(): readonly string[] {
    return [...this.#staying.keys()];
  }

  /** Also those that end for good. */
  get all(): readonly Gateway[] {
    return [...this.#staying.values(), ...[...this.#leaving.values()].map(({ gateway }) => gateway)];
  }

  /** Those on their way to be ready, or to a reason why not; what waits for them is not among them. */
  get starting(): readonly Gateway[] {
    return [...this.#staying.values()].filter(({ state: life }) => isStarting(life) && life.desired === 'up');
  }

  status(): readonly SupervisedStatus[] {
    return this.all.map((gateway) => {
      const status = gateway.status();
      const waitsFor = this.#order.waitsFor(status.name);
      if (waitsFor.length > 0) return { ...status, desired: 'up', last_error: waitText(waitsFor) };
      return this.#around.starts.isWaiting(status.name) ? { ...status, last_error: WAITS_FOR_TURN } : status;
    });
  }

  async memory(): Promise<ReadonlyMap<string, number | null>> {
    const known = this.all.map(async (gateway) => [gateway.profile.name, await gateway.memory()] as const);
    return new Map(await Promise.all(known));
  }

  /** Every `start: always` profile, or just those named; `url:` profiles are probed in any case. */
  start(names?: readonly string[]): void {
    if (names !== undefined) this.#only = new Set(names);
    this.#decide(() => {
      for (const gateway of [...this.#staying.values()]) {
        const profile = this.#meant(gateway.profile);
        if (profile.start !== gateway.profile.start) this.#change(profile, 'update');
        this.#begin(profile, names?.includes(profile.name) ?? profile.start === 'always');
      }
    });
  }

  /** What the operator says of one comes before all that it waits for. */
  command(gateway: Gateway, event: Parameters<Gateway['dispatch']>[0]): void {
    this.#order.forget(gateway.profile.name);
    if (event.type !== 'stop') gateway.prioritizeStart();
    gateway.dispatch(event);
    this.changed();
  }

  /** Everything ends, and nothing begins any more. */
  stop(atOnce: boolean): void {
    this.#order.clear();
    for (const [name, leaving] of this.#leaving) this.#leaving.set(name, { ...leaving, next: null });
    for (const gateway of this.all) gateway.dispatch({ type: 'stop', atOnce });
  }

  /** From this plan to the next one, whatever is under way: the newest plan is what each gateway ends up with. */
  apply(plan: Plan, diff: PlanDiff): void {
    const changes = new Map(diff.changed.map(({ profile, how }) => [profile, how]));
    const profiles = plan.profiles.map((profile) => this.#meant(profile));
    this.publisher.routes = plan.routes;
    this.publisher.rules = rulesOf(plan);
    this.#decide(() => {
      for (const name of diff.removed) this.#retire(name, null);
      for (const profile of profiles) {
        const how = changes.get(profile.name);
        if (how !== undefined) this.#change(profile, how);
        else if (diff.replaced.includes(profile.name)) this.#retire(profile.name, profile);
        else if (diff.added.includes(profile.name)) this.#add(profile);
      }
      const ordered = profiles.flatMap(({ name }): [string, Gateway][] => {
        const gateway = this.#staying.get(name);
        return gateway === undefined ? [] : [[name, gateway]];
      });
      this.#staying = new Map(ordered);
    });
  }

  /** Some gateway is not what it was: the doors hear of it, and what waited for it goes on. */
  changed(): void {
    this.publisher.publish();
    if (!this.#deciding) this.#goOn();
  }

  /** All that is decided together reaches the doors as one snapshot. */
  #decide(decide: () => void): void {
    this.publisher.batch(() => {
      this.#deciding = true;
      try {
        decide();
      } finally {
        this.#deciding = false;
      }
      this.#goOn();
    });
    for (const { profile, state: life } of this.#staying.values()) {
      const waitsFor = this.#order.waitsFor(profile.name);
      if (waitsFor.length > 0) this.#around.report(waitEvent(profile.name, life, waitsFor));
    }
  }

  /** What a start changes is looked at after it: from within, the last in the config would start first. */
  #goOn(): void {
    this.#isDue = true;
    if (this.#goesOn) return;
    this.#goesOn = true;
    try {
      while (this.#isDue) {
        this.#isDue = false;
        this.#bury();
        const name = this.#order.dequeue();
        if (name === undefined) continue;
        this.#isDue = true;
        this.#staying.get(name)?.dispatch({ type: 'start' });
      }
    } finally {
      this.#goesOn = false;
    }
  }

  /** Those that were to end for good and have, and what comes in their place. */
  #bury(): void {
    for (const [name, { gateway, next }] of this.#leaving) {
      if (gateway.state.phase.name !== 'stopped') continue;
      this.#leaving.delete(name);
      this.#lastGeneration = Math.max(this.#lastGeneration, gateway.state.generation);
      this.#forgotten(name);
      if (next !== null) this.#add(next);
      this.publisher.publish();
    }
  }

  /** Begins as its profile says. */
  #begin({ name, launch, after }: ProfilePlan, wanted: boolean): void {
    if (launch.kind === 'url') this.#staying.get(name)?.dispatch({ type: 'start' });
    else if (wanted) this.#order.wait(name, after);
  }

  #add(profile: ProfilePlan): void {
    const { name, launch, start } = profile;
    const leaving = this.#leaving.get(name);
    if (leaving === undefined) {
      this.#around.ports.configure(profile);
      this.#staying.set(name, this.#newborn(profile));
      this.#begin(profile, start === 'always');
    } else if (leaving.gateway.profile.launch.kind === launch.kind && start === 'always') {
      this.#leaving.delete(name);
      this.#staying.set(name, leaving.gateway);
      useForNextStart(leaving.gateway, profile, this.#around.ports);
      leaving.gateway.dispatch({ type: 'start' });
    } else {
      this.#leaving.set(name, { ...leaving, next: profile });
    }
  }

  #retire(name: string, next: ProfilePlan | null): void {
    this.#order.forget(name);
    const gateway = this.find(name);
    if (gateway === undefined) return;
    this.#staying.delete(name);
    this.#leaving.set(name, { gateway, next });
    gateway.dispatch({ type: 'stop', atOnce: false });
    freePortsOnceEnded(gateway, this.#around.ports);
  }

  #change(profile: ProfilePlan, how: ProfileChange['how']): void {
    const { name, start, after } = profile;
    const gateway = this.#staying.get(name);
    if (gateway === undefined) {
      this.#add(profile);
      return;
    }
    const { phase, generation } = gateway.state;
    if (this.#order.has(name)) this.#order.wait(name, after);
    if (gateway.profile.start === start || phase.name !== 'stopped') {
      applyChange(gateway, profile, how, this.#around.ports);
      return;
    }
    // What is wanted of one that rests is known from its first day on.
    this.#order.forget(name);
    this.#around.ports.configure(profile);
    this.#staying.set(name, this.#newborn(profile, generation));
    this.#begin(profile, start === 'always');
  }

  #newborn(profile: ProfilePlan, generation = this.#lastGeneration): Gateway {
    return new Gateway(profile, this.#around, generation);
  }

  #meant(profile: ProfilePlan): ProfilePlan {
    if (this.#only === null || this.#only.has(profile.name)) return profile;
    return { ...profile, start: 'manual' };
  }

  #targets(): readonly Target[] {
    return this.all.flatMap((gateway) => {
      // Worth a hold: it starts by itself.
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
