import type { Plan, PlanDiff } from '../config/types.ts';
import { CommandError, EXIT } from '../errors.ts';
import type { Report } from '../events.ts';
import type { DoorPort, SupervisorPort } from '../snapshot.ts';
import type { SupervisedStatus } from '../supervised-status.ts';
import { Drains } from './doors/drains.ts';
import { IdleReports } from './doors/idle.ts';
import { Fleet } from './fleet.ts';
import type { Gateway } from './gateway.ts';
import { hasSettled } from './lifecycle/state.ts';
import { PortBook } from './ports/port-book.ts';
import { type Run, unguarded } from './run/run.ts';
import { Starts } from './starts/starts.ts';
import type { SupervisorContext } from './supervisor-context.ts';
import { takeCensus } from './tree/census.ts';
import { HAS_PROC } from './tree/proc.ts';

export interface SupervisorOptions {
  readonly plan: Plan;
  readonly report: Report;
  /** By default one whose gateways outlive a supervisor that is killed. */
  readonly run?: Run;
  /** Epoch ms. */
  readonly now?: () => number;
  /** In [0, 1). */
  readonly random?: () => number;
}

export interface Supervisor {
  /** What doors call. */
  readonly port: SupervisorPort;
  /** Gives the door the current snapshot before it returns, and every later one. */
  addDoor(door: DoorPort): void;
  /**
   * Starts every `start: always` profile, each when those in its `after` have started; or just those named, and then
   * the others start by hand alone. `url:` profiles are probed in any case.
   */
  start(names?: readonly string[]): void;
  /**
   * From the plan that is applied to the next one, with what differs between them. Returns when all of it is
   * decided and the doors route by it; gateways end and start in order meanwhile. Gateways that do not differ go on
   * as they are. May be called again at any time. Throws a CommandError where the supervisor is stopping.
   */
  apply(plan: Plan, diff: PlanDiff): void;
  /**
   * The operator's commands. Each resolves once it is done and rejects with a CommandError that says why it could
   * not be: an unknown profile, a gateway that did not become ready, a supervisor that is stopping.
   */
  startProfile(name: string): Promise<void>;
  stopProfile(name: string): Promise<void>;
  restartProfile(name: string): Promise<void>;
  /**
   * Stops every gateway in order: out of routing, drained, the signal, the grace, SIGKILL; `atOnce` is SIGKILL now,
   * also while a slower stop is under way. Resolves when no process group of ours is left. Nothing starts after it.
   */
  stop(how?: { readonly atOnce?: boolean }): Promise<void>;
  /** SIGKILL to every group before it returns: for the 'exit' of the process. */
  killNow(): void;
  /** In the config's order. */
  status(): readonly SupervisedStatus[];
  /** By profile: bytes of resident memory of all its gateway's processes; null where none runs, or it cannot be told. */
  memory(): Promise<ReadonlyMap<string, number | null>>;
  /** Resolves when every profile that should run by now was ready, unready, failed or in backoff. */
  settled(): Promise<void>;
}

/** Runs a plan's gateways and tells the doors of them. Nothing starts before start(). */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { plan, report, run = unguarded(), now = Date.now, random = Math.random } = options;
  const ports = new PortBook(plan.profiles, random);
  const starts = new Starts(plan.startConcurrency);
  const drains = new Drains(() => fleet.publisher.doorIds);
  const idle = new IdleReports(() => fleet.publisher.doorIds);
  const around: SupervisorContext = {
    ports,
    run,
    starts,
    report,
    now,
    random,
    publish: () => fleet.changed(),
    awaitDrained: (name, generation, drained) =>
      drains.wait(name, { generation, version: fleet.publisher.version, drained }),
  };
  const fleet = new Fleet(plan, around, (profile) => {
    ports.forget(profile);
    drains.forget(profile);
    idle.forget(profile);
  });
  let stopping = false;

  function named(name: string): Gateway {
    if (stopping) throw new CommandError(EXIT.notRunning, 'gwproxy is stopping');
    const gateway = fleet.find(name);
    const known = fleet.names;
    if (gateway !== undefined && known.includes(name)) return gateway;
    if (gateway !== undefined) {
      throw new CommandError(
        EXIT.cannotServe,
        `${name} is ending, as the config says; see \`gwproxy status\``,
      );
    }
    throw new CommandError(EXIT.usage, `there is no profile '${name}'; there are ${known.join(', ')}`);
  }

  async function becomesReady(name: string, type: 'start' | 'restart'): Promise<void> {
    const gateway = named(name);
    fleet.command(gateway, { type });
    const { phase, desired, lastError } = await gateway.until(
      (life) => hasSettled(life) || life.desired !== 'up',
    );
    if (phase.name === 'ready') return;
    const why = lastError ?? (desired === 'up' ? phase.name : 'it was stopped meanwhile');
    const text = why.startsWith('not ready: ') ? why : `not ready: ${why}`;
    throw new CommandError(EXIT.cannotServe, `${name} is ${text}`);
  }

  return {
    port: {
      ensureReady: ({ profile }) => fleet.find(profile)?.dispatch({ type: 'ensureReady' }),
      // A start that nobody waits for any more goes on: the sender's repeat will want it.
      cancel: () => {},
      applied: (doorId, version) => drains.applied(doorId, version),
      load: (doorId, told) => {
        const { profile, generation, inFlight } = told;
        const gateway = fleet.find(profile);
        if (gateway === undefined) return;
        drains.load(doorId, profile, generation, inFlight);
        const { idleTimeout } = gateway.profile;
        if (idleTimeout !== null && idle.record(doorId, told, idleTimeout, now())) {
          gateway.dispatch({ type: 'idle', generation });
        }
      },
      failed: ({ profile, generation, listener, code }) =>
        fleet.find(profile)?.connectionFailed(generation, listener, code),
    },
    addDoor: (door) => fleet.publisher.addDoor(door),
    start: (names) => fleet.start(names),
    apply(next, diff) {
      if (stopping) throw new CommandError(EXIT.notRunning, 'gwproxy is stopping');
      starts.setLimit(next.startConcurrency);
      fleet.apply(next, diff);
    },
    startProfile: (name) => becomesReady(name, 'start'),
    restartProfile: (name) => becomesReady(name, 'restart'),
    async stopProfile(name) {
      const gateway = named(name);
      fleet.command(gateway, { type: 'stop', atOnce: false });
      await gateway.until((life) => life.phase.name === 'stopped' || life.desired !== 'down');
    },
    async stop({ atOnce = false } = {}) {
      stopping = true;
      // Who is whose child cannot be told once they are killed.
      if (atOnce && HAS_PROC) await takeCensus();
      const all = fleet.all;
      fleet.stop(atOnce);
      await Promise.all(
        all.map(async (gateway) => {
          await gateway.until((life) => life.phase.name === 'stopped');
          await gateway.outputEnded;
        }),
      );
    },
    killNow() {
      stopping = true;
      for (const gateway of fleet.all) gateway.killNow();
    },
    status: () => fleet.status(),
    memory: () => fleet.memory(),
    async settled() {
      for (let starting = fleet.starting; starting.length > 0; starting = fleet.starting) {
        await Promise.all(
          starting.map((gateway) => gateway.until((life) => life.desired !== 'up' || hasSettled(life))),
        );
      }
    },
  };
}
