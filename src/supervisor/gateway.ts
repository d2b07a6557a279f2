import type { ProfilePlan } from '../config/types.ts';
import type { Report } from '../events.ts';
import type { Target } from '../snapshot.ts';
import type { SupervisedStatus } from '../supervised-status.ts';
import { mebibytes } from '../util/duration.ts';
import { errorMessage } from '../util/errno.ts';
import { targetsOf } from './doors/targets.ts';
import { statusOf } from './gateway-status.ts';
import { GatewayProbes } from './health/gateway-probes.ts';
import { initialState } from './lifecycle/begin.ts';
import { reduce } from './lifecycle/reduce.ts';
import {
  type Effect,
  type GatewayEvent,
  type GatewayState,
  isServing,
  type Policy,
  pidOf,
  policyOf,
  type TimerName,
} from './lifecycle/state.ts';
import type { PortBook } from './ports/port-book.ts';
import { type Command, commandFor } from './process/command.ts';
import { type SpawnedProcess, spawnProcess } from './process/spawn.ts';
import { eventsOf } from './reports.ts';
import { MARK, type Run } from './run/run.ts';
import type { Starts } from './starts/starts.ts';
import { MemoryWatch, treeBytes } from './tree/memory.ts';
import { processesOf } from './tree/tree.ts';

/** Node turns a longer wait into none at all. */
const MAX_TIMER = 2 ** 31 - 1;

/** ms that a timer may be late on a machine that is merely busy. */
const MOST_LATE = 1000;

/** ms that a list of processes may be old for a status: the gateways of one share it. */
const JUST_NOW = 500;

/** What a gateway needs of its supervisor. */
export interface SupervisorContext {
  readonly ports: PortBook;
  readonly run: Run;
  readonly starts: Starts;
  readonly report: Report;
  readonly now: () => number;
  readonly random: () => number;
  /** Tells the doors of all gateways as they are now. */
  readonly publish: () => void;
  /** Calls back when no door has anything to do with that generation, as it was last published. */
  readonly awaitDrained: (profile: string, generation: number, drained: () => void) => void;
}

interface Waiter {
  readonly done: (life: GatewayState) => boolean;
  readonly resolve: (life: GatewayState) => void;
}

/**
 * One gateway. The only one that changes its state: every event goes through one queue and the pure reducer, and
 * the effects are executed here, in order. An event that an effect causes waits until that step is done.
 */
export class Gateway {
  #profile: ProfilePlan;
  readonly #around: SupervisorContext;
  #policy: Policy;
  readonly #queue: GatewayEvent[] = [];
  readonly #probers: GatewayProbes;
  #memory: MemoryWatch | undefined;
  #life: GatewayState;
  #busy = false;
  #timer: NodeJS.Timeout | undefined;
  #process: SpawnedProcess | undefined;
  /** The last process's output has been read to its end. */
  #closed: Promise<void> = Promise.resolve();
  #waiters: readonly Waiter[] = [];
  #killed = false;
  /** A request or an operator waits for its next start. */
  #isAwaited = false;

  /** `generation`: that of the last life of a gateway of this name; its own count on from there. */
  constructor(profile: ProfilePlan, around: SupervisorContext, generation = 0) {
    this.#profile = profile;
    this.#around = around;
    this.#policy = policyOf(profile);
    this.#life = { ...initialState(this.#policy), generation };
    this.#probers = new GatewayProbes({
      profile: () => this.#profile,
      ports: () => around.ports.of(profile.name),
      leader: () => pidOf(this.#life.phase),
      processes: () => this.#processes(),
      now: around.now,
      report: around.report,
      dispatch: (event) => this.dispatch(event),
      holdersChanged: (listener) => this.#moved(listener),
    });
  }

  get profile(): ProfilePlan {
    return this.#profile;
  }

  /**
   * The profile as a changed config has it: policies, probes and paths from now on, the command, environment and
   * ports from the next start on.
   */
  reconfigure(profile: ProfilePlan): void {
    this.#profile = profile;
    this.#policy = policyOf(profile);
    const { phase, generation } = this.#life;
    if (isServing(phase) && (phase.pid !== null || !this.#policy.managed)) this.#look(generation);
  }

  get state(): GatewayState {
    return this.#life;
  }

  targets(): readonly Target[] {
    const ports = this.#around.ports.of(this.profile.name);
    return targetsOf(this.profile, this.#life, ports, (listener) => this.#probers.holders(listener));
  }

  status(): SupervisedStatus {
    const ports = this.#around.ports.of(this.profile.name);
    const status = statusOf(this.profile, this.#life, ports, this.#around.now());
    const failing = this.#life.phase.name === 'unready' ? this.#probers.failureText() : '';
    // What made it so may be over, and something else in its way.
    return failing === '' ? status : { ...status, last_error: `not ready: ${failing}` };
  }

  /** Of all its processes, resident, in bytes; null where none runs, or it cannot be told. */
  async memory(): Promise<number | null> {
    const pid = pidOf(this.#life.phase);
    if (pid === null) return null;
    return treeBytes(pid, this.#around.run.mark(this.#profile.name, this.#life.generation), JUST_NOW);
  }

  /** May be called from anywhere, also from what an effect calls. */
  dispatch(event: GatewayEvent): void {
    if (event.type === 'ensureReady') this.prioritizeStart();
    this.#queue.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#step(next);
    } finally {
      this.#busy = false;
    }
    this.#wake();
  }

  /** Somebody waits for its start, the present one or the next: it does not queue behind those of no one's concern. */
  prioritizeStart(): void {
    this.#isAwaited = true;
    this.#around.starts.hurry(this.#profile.name);
  }

  /** Resolves with the first state of which `done` is true, the present one included, once no event is waiting. */
  until(done: (life: GatewayState) => boolean): Promise<GatewayState> {
    return new Promise((resolve) => {
      this.#waiters = [...this.#waiters, { done, resolve }];
      if (!this.#busy) this.#wake();
    });
  }

  /** Its last output line was reported; bounded. */
  get outputEnded(): Promise<void> {
    return this.#closed;
  }

  /** A door could not connect to that listener, or was not to send anything there. */
  connectionFailed(generation: number, listener: string, code: string): void {
    if (generation === this.#life.generation) this.#probers.connectionFailed(listener, code);
  }

  /** Others of its processes hold that port than until now. Before it is ready no door asks. */
  #moved(listener: string): void {
    const { phase } = this.#life;
    if (isServing(phase) && phase.ready.includes(listener)) this.#around.publish();
  }

  /** SIGKILL, now, and no start ever after: for a process that is about to end itself. */
  killNow(): void {
    this.#killed = true;
    if (pidOf(this.#life.phase) !== null) this.#process?.signal('SIGKILL');
  }

  #step(event: GatewayEvent): void {
    const { now, random, report, ports } = this.#around;
    const before = this.#life;
    const { state, effects } = reduce(before, { ...event, at: now(), random: random() }, this.#policy);
    this.#life = state;
    if (before.phase.name === 'starting' && state.phase.name !== 'starting') {
      this.#around.starts.release(this.#profile.name);
      // Who waits, waits for the next try too.
      if (state.phase.name !== 'backoff') this.#isAwaited = false;
    }
    // Doors before the operator: what is told of has already been done.
    for (const effect of effects) this.#execute(effect);
    for (const told of eventsOf(this.profile, ports.of(this.profile.name), before, event, state))
      report(told);
  }

  #wake(): void {
    const life = this.#life;
    const ready = this.#waiters.filter((waiter) => waiter.done(life));
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const waiter of ready) waiter.resolve(life);
  }

  #execute(effect: Effect): void {
    switch (effect.type) {
      case 'publish':
        this.#around.publish();
        break;
      case 'spawn':
        void this.#spawn(effect.generation);
        break;
      case 'probe':
        this.#look(effect.generation);
        break;
      case 'endProbes':
        this.#probers.end();
        this.#memory?.end();
        break;
      case 'startTimer': {
        const { name, generation, ms } = effect;
        this.#arm(name, generation, Math.min(ms, MAX_TIMER));
        break;
      }
      case 'clearTimer':
        clearTimeout(this.#timer);
        break;
      case 'awaitDrained': {
        const { generation } = effect;
        const drained = (): void => this.dispatch({ type: 'drained', generation });
        this.#around.awaitDrained(this.profile.name, generation, drained);
        break;
      }
      case 'signalGroup':
        this.#signal(effect.signal);
        break;
      case 'killGroup':
        this.#signal('SIGKILL');
        break;
    }
  }

  /** Probes its listeners and watches its memory, from now on as the profile says. */
  #look(generation: number): void {
    this.#probers.start(generation);
    this.#memory?.end();
    this.#memory = undefined;
    const { name: profile, maxMemory: limit } = this.#profile;
    const pid = pidOf(this.#life.phase);
    if (limit === null || pid === null) return;
    this.#memory = new MemoryWatch({
      pid,
      mark: this.#around.run.mark(profile, generation),
      limit,
      near: (bytes) => this.#around.report({ type: 'gateway.memory', profile, bytes, limit }),
      exceeded: (bytes) => {
        const reason = `its memory, ${mebibytes(bytes)}, is above max_memory (${mebibytes(limit)})`;
        this.dispatch({ type: 'memoryExceeded', generation, reason });
      },
    });
  }

  async #processes(): Promise<readonly number[]> {
    const pid = pidOf(this.#life.phase);
    if (pid === null) return [];
    return processesOf(pid, this.#around.run.mark(this.#profile.name, this.#life.generation));
  }

  #arm(name: TimerName, generation: number, ms: number): void {
    clearTimeout(this.#timer);
    const due = performance.now() + ms;
    this.#timer = setTimeout(() => {
      const late = performance.now() - due;
      // gwproxy itself was stopped, or had no CPU: the gateway may be ready, and nobody has looked.
      if (name === 'startTimeout' && late > MOST_LATE) this.#arm(name, generation, Math.min(late, ms));
      else this.#elapsed(name, generation);
    }, ms);
  }

  #elapsed(name: TimerName, generation: number): void {
    const detail = name === 'startTimeout' ? this.#probers.failureText() : '';
    this.dispatch({ type: name, generation, ...(detail === '' ? {} : { detail }) });
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#process === undefined || this.#process.signal(signal)) return;
    const reason = `not permitted to send ${signal} to process group ${this.#process.pid}`;
    this.dispatch({ type: 'trouble', generation: this.#life.generation, reason });
  }

  async #spawn(generation: number): Promise<void> {
    const { launch, listeners } = this.profile;
    if (launch.kind === 'url') return;
    const failed = (reason: string): void => this.dispatch({ type: 'spawnFailed', generation, reason });
    try {
      const { phase } = this.#life;
      // What served until now and comes back unasked has users.
      const comesBack = phase.name === 'starting' && phase.follows !== null;
      await this.#around.starts.acquire(this.#profile.name, this.#isAwaited || comesBack);
      if (this.#life.phase.name !== 'starting') {
        failed('stopped before it was started');
        return;
      }
      const taken = await this.#around.ports.acquire(this.profile);
      if (!taken.ok) failed(taken.reason);
      else if (this.#life.phase.name !== 'starting') failed('stopped before it was started');
      else await this.#launch(generation, commandFor(launch, listeners, taken.ports));
    } catch (error) {
      failed(errorMessage(error));
    }
  }

  #launch(generation: number, command: Command): Promise<void> {
    const { run, report } = this.#around;
    const { name: profile } = this.#profile;
    const mark = run.mark(profile, generation);
    let closed = (): void => {};
    this.#closed = new Promise((resolve) => {
      closed = resolve;
    });
    return spawnProcess({ ...command, env: { ...command.env, [MARK]: mark } }, mark, {
      spawned: (spawned) => {
        this.#process = spawned;
        run.leaderStarted(profile, spawned.pid);
        if (this.#killed) spawned.signal('SIGKILL');
        this.dispatch({ type: 'spawned', generation, pid: spawned.pid });
      },
      failed: (reason) => {
        closed();
        this.dispatch({ type: 'spawnFailed', generation, reason });
      },
      line: (stream, line) => report({ type: 'gateway.output', profile, stream, line }),
      dropped: (lines) => report({ type: 'output.dropped', profile, lines, reason: 'flood' }),
      exited: (code, signal, groupLeft) => {
        if (!groupLeft && this.#process !== undefined) run.treeEnded(this.#process.pid);
        this.dispatch({ type: 'exited', generation, code, signal, groupLeft });
      },
      gone: (ended) => {
        if (this.#process !== undefined) run.treeEnded(this.#process.pid);
        const reason = 'a process of its group outlived SIGKILL';
        if (!ended) this.dispatch({ type: 'trouble', generation, reason });
        this.dispatch({ type: 'gone', generation });
      },
      closed,
    }).catch((error: unknown) => {
      closed();
      throw error;
    });
  }
}
