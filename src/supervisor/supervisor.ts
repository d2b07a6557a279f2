import type { Plan, PlanDiff } from '../config/types.ts';
import { CommandError, EXIT } from '../errors.ts';
import type { Report } from '../events.ts';
import type { DoorPort, SupervisorPort } from '../snapshot.ts';
import type { SupervisedStatus } from '../supervised-status.ts';
import { Drains } from './doors/drains.ts';
import { IdleReports } from './doors/idle.ts';
import { Fleet } from './fleet.ts';
import type { Gateway } from './gateway.ts';
import { hasSettled, isJob } from './lifecycle/state.ts';
import { PortBook } from './ports/port-book.ts';
import { type Run, unguardedRun } from './run/run.ts';
import { Schedules } from './schedules/schedules.ts';
import { Starts } from './starts/starts.ts';
import type { SupervisorContext } from './supervisor-context.ts';
import { takeCensus } from './tree/census.ts';
import { HAS_PROC } from './tree/proc.ts';

export interface SupervisorOptions {
  readonly plan: Plan;
  readonly report: Report;
  /** By default a run whose gateways outlive a supervisor that is killed. */
  readonly run?: Run;
  /** Epoch ms. */
  readonly now?: () => number;
  /** In [0, 1). */
  readonly random?: () => number;
}

export interface Supervisor {
  /** The interface for the doors. */
  readonly port: SupervisorPort;
  /** The door applies the current snapshot before this returns, and every later one. */
  addDoor(door: DoorPort): void;
  /**
   * Starts every `start: always` profile, each once those in its `after` have started; or only the named profiles,
   * and then only the operator starts the others. `url:` profiles are probed in any case. Schedules begin.
   */
  start(names?: readonly string[]): void;
  /**
   * Applies the next plan; `diff` says what differs. Returns once the doors route by it; gateways then end and start
   * in order, and those that do not differ go on unchanged. May be called again at any time. Throws a CommandError if
   * the supervisor is stopping.
   */
  apply(plan: Plan, diff: PlanDiff): void;
  /**
   * The operator's commands. Each resolves once it is done, and rejects with a CommandError that says why it cannot be
   * done: an unknown profile, a gateway that did not become ready, a supervisor that is stopping.
   */
  startProfile(name: string): Promise<void>;
  stopProfile(name: string): Promise<void>;
  restartProfile(name: string): Promise<void>;
  /**
   * Stops every gateway gracefully: it leaves routing, is drained, gets the stop signal, and SIGKILL after the grace.
   * `atOnce` sends SIGKILL now, even while a slower stop is in progress. Resolves when no process of a gateway is
   * left. Nothing starts after it.
   */
  stop(how?: { readonly atOnce?: boolean }): Promise<void>;
  /** Sends SIGKILL to every process group before it returns: for the 'exit' of gwproxy. */
  killNow(): void;
  /** In the config's order. */
  status(): readonly SupervisedStatus[];
  /** By profile: resident memory of all its gateway's processes in bytes; null if none runs or it cannot be read. */
  memory(): Promise<ReadonlyMap<string, number | null>>;
  /** Resolves once every profile that should run is ready, unready, failed or in backoff. */
  settled(): Promise<void>;
}

/** Runs the gateways of a plan and publishes them to the doors. Nothing starts before start(). */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { plan, report, now = Date.now, random = Math.random } = options;
  const { run = unguardedRun(report) } = options;
  const ports = new PortBook(plan.profiles, random, run.endLeftovers);
  const starts = new Starts(plan.startConcurrency);
  const drains = new Drains(() => fleet.publisher.doorIds);
  const idle = new IdleReports(() => fleet.publisher.doorIds);
  const schedules = new Schedules({ gateway: (name) => fleet.find(name), report, now });
  const context: SupervisorContext = {
    ports,
    run,
    starts,
    report,
    now,
    random,
    scheduleOf: (profile) => schedules.status(profile),
    publish: () => fleet.changed(),
    awaitDrained: (name, generation, drained) =>
      drains.wait(name, { generation, version: fleet.publisher.version, drained }),
  };
  const fleet = new Fleet(plan, context, (profile) => {
    ports.forget(profile);
    drains.forget(profile);
    idle.forget(profile);
  });
  let stopping = false;

  function gatewayNamed(name: string): Gateway {
    if (stopping) throw new CommandError(EXIT.notRunning, 'gwproxy is stopping');
    const gateway = fleet.find(name);
    const known = fleet.names;
    if (gateway !== undefined && known.includes(name)) return gateway;
    if (gateway !== undefined) {
      throw new CommandError(
        EXIT.cannotServe,
        `${name} is ending, since the config has changed; see \`gwproxy status\``,
      );
    }
    throw new CommandError(EXIT.usage, `there is no profile '${name}'; there are ${known.join(', ')}`);
  }

  async function bringUp(name: string, type: 'start' | 'restart'): Promise<void> {
    const gateway = gatewayNamed(name);
    fleet.command(gateway, { type });
    const { phase, desired, lastError, lastExit } = await gateway.until(
      (state) => hasSettled(state) || state.desired !== 'up',
    );
    if (phase.name === 'ready') return;
    if (isJob(gateway.profile)) {
      // A short job is done before it counts as ready.
      if (phase.name === 'stopped' && lastExit?.code === 0) return;
      throw new CommandError(
        EXIT.cannotServe,
        `${name} has failed: ${lastError ?? 'it was stopped meanwhile'}`,
      );
    }
    const why = lastError ?? (desired === 'up' ? phase.name : 'it was stopped meanwhile');
    const text = why.startsWith('not ready: ') ? why : `not ready: ${why}`;
    throw new CommandError(EXIT.cannotServe, `${name} is ${text}`);
  }

  return {
    port: {
      ensureReady: ({ profile }) => fleet.find(profile)?.dispatch({ type: 'ensureReady' }),
      // A start for which no request waits any more goes on: the sender's repeat will need it.
      cancel: () => {},
      applied: (doorId, version) => drains.applied(doorId, version),
      load: (doorId, report) => {
        const { profile, generation, inFlight } = report;
        const gateway = fleet.find(profile);
        if (gateway === undefined) return;
        drains.load(doorId, profile, generation, inFlight);
        const { idleTimeout } = gateway.profile;
        if (idleTimeout !== null && idle.record(doorId, report, idleTimeout, now())) {
          gateway.dispatch({ type: 'idle', generation });
        }
      },
      failed: ({ profile, generation, listener, code }) =>
        fleet.find(profile)?.connectionFailed(generation, listener, code),
    },
    addDoor: (door) => fleet.publisher.addDoor(door),
    start(names) {
      fleet.start(names);
      schedules.follow(plan.profiles);
    },
    apply(next, diff) {
      if (stopping) throw new CommandError(EXIT.notRunning, 'gwproxy is stopping');
      starts.setLimit(next.startConcurrency);
      fleet.apply(next, diff);
      schedules.follow(next.profiles);
    },
    startProfile: (name) => bringUp(name, 'start'),
    restartProfile: (name) => bringUp(name, 'restart'),
    async stopProfile(name) {
      const gateway = gatewayNamed(name);
      fleet.command(gateway, { type: 'stop', atOnce: false });
      await gateway.until(({ phase, desired }) => phase.name === 'stopped' || desired !== 'down');
    },
    async stop({ atOnce = false } = {}) {
      stopping = true;
      schedules.end();
      // The parent of a process cannot be read any more once that parent is killed.
      if (atOnce && HAS_PROC) await takeCensus();
      const all = fleet.all;
      fleet.stop(atOnce);
      await Promise.all(
        all.map(async (gateway) => {
          await gateway.until(({ phase }) => phase.name === 'stopped');
          await gateway.ended();
        }),
      );
    },
    killNow() {
      stopping = true;
      schedules.end();
      for (const gateway of fleet.all) gateway.killNow();
    },
    status: () => fleet.status(),
    memory: () => fleet.memory(),
    async settled() {
      for (let starting = fleet.starting; starting.length > 0; starting = fleet.starting) {
        await Promise.all(
          starting.map((gateway) => gateway.until((state) => state.desired !== 'up' || hasSettled(state))),
        );
      }
    },
  };
}
