import type { ProfilePlan } from '../config/types.ts';
import type { Target } from '../snapshot.ts';
import type { SupervisedStatus } from '../supervised-status.ts';
import { LONGEST_TIMER, MOST_LATE } from '../util/timers.ts';
import { targetsOf } from './doors/targets.ts';
import { eventsOf } from './gateway-events.ts';
import { GatewayProcess } from './gateway-process.ts';
import { statusOf } from './gateway-status.ts';
import { GatewayWatch } from './gateway-watch.ts';
import { initialState } from './lifecycle/begin.ts';
import { conditionText, unmet } from './lifecycle/conditions.ts';
import { reduce } from './lifecycle/reduce.ts';
import {
  type Effect,
  type GatewayEvent,
  type GatewayState,
  isEnding,
  isListenerReady,
  isServing,
  type Policy,
  policyOf,
  type TimerName,
} from './lifecycle/state.ts';
import type { SupervisorContext } from './supervisor-context.ts';

interface Waiter {
  readonly done: (state: GatewayState) => boolean;
  readonly resolve: (state: GatewayState) => void;
}

/**
 * One gateway, and the only place that changes its state: every event goes through one queue and the pure reducer,
 * and the effects are carried out here, in order. An event that an effect causes waits until that step is done.
 */
export class Gateway {
  #profile: ProfilePlan;
  readonly #context: SupervisorContext;
  #policy: Policy;
  readonly #queue: GatewayEvent[] = [];
  readonly #process: GatewayProcess;
  readonly #watch: GatewayWatch;
  #state: GatewayState;
  #isReducing = false;
  #timer: NodeJS.Timeout | undefined;
  #waiters: readonly Waiter[] = [];
  /** A request or an operator waits for its next start. */
  #isAwaited = false;

  /** `generation` is the last one of an earlier gateway of this name, from which the numbers continue. */
  constructor(profile: ProfilePlan, context: SupervisorContext, generation = 0) {
    this.#profile = profile;
    this.#context = context;
    this.#policy = policyOf(profile);
    this.#state = { ...initialState(this.#policy), generation };
    const shared = {
      context,
      profile: () => this.#profile,
      state: () => this.#state,
      dispatch: (event: GatewayEvent) => this.dispatch(event),
    };
    this.#process = new GatewayProcess(shared);
    this.#watch = new GatewayWatch({
      ...shared,
      process: this.#process,
      holdersChanged: (listener) => this.#holdersChanged(listener),
    });
  }

  get profile(): ProfilePlan {
    return this.#profile;
  }

  /**
   * Applies the profile of a changed config: policies, probes and paths from now on, the command, the environment and
   * the ports from the next start on.
   */
  reconfigure(profile: ProfilePlan): void {
    const { readyAfter } = this.#policy;
    this.#profile = profile;
    this.#policy = policyOf(profile);
    this.#context.starts.setGroup({ name: profile.name, group: profile.startGroup });
    if (this.#policy.readyAfter !== readyAfter) this.dispatch({ type: 'reconfigured' });
    const { phase, generation } = this.#state;
    if (isServing(phase) && (phase.pid !== null || !this.#policy.managed)) this.#watch.start(generation);
  }

  get state(): GatewayState {
    return this.#state;
  }

  targets(): readonly Target[] {
    const ports = this.#context.ports.of(this.profile.name);
    return targetsOf(this.profile, this.#state, ports, {
      holders: (listener) => this.#watch.holders(listener),
      host: (listener) => this.#watch.host(listener),
    });
  }

  status(): SupervisedStatus {
    const { ports, scheduleOf, now } = this.#context;
    const { name } = this.profile;
    const status = statusOf(this.profile, this.#state, ports.of(name), scheduleOf(name), now());
    return { ...status, last_error: this.#lastError(status.last_error) };
  }

  /** `known` is the first cause; the probes may fail for another one now. */
  #lastError(known: string | null): string | null {
    const { name } = this.#state.phase;
    const failing = name === 'unready' || name === 'starting' ? this.#watch.failureText() : '';
    if (failing === '') return known ?? this.#awaitedSign();
    if (name === 'unready') return `not ready: ${failing}`;
    if (known === null) return `not ready yet: ${failing}`;
    // While a gateway starts, that its port refuses connections says less than why the last start failed.
    const isKnown = known.includes(failing) || failing.includes(known);
    return isKnown || !this.#watch.hasTellingFailure
      ? known
      : `not ready yet: ${failing}; before that: ${known}`;
  }

  /** What a gateway that starts, and of which nothing else is known, has not said yet. */
  #awaitedSign(): string | null {
    const { phase } = this.#state;
    if (phase.name !== 'starting' || phase.pid === null) return null;
    const awaited = unmet(this.#policy.conditions, phase.met).find(
      ({ kind }) => kind === 'log' || kind === 'ipc',
    );
    return awaited === undefined ? null : `not ready yet: ${conditionText(awaited)}`;
  }

  /** Resident memory of all its processes in bytes; null if none runs or it cannot be read. */
  memory(): Promise<number | null> {
    return this.#process.memory();
  }

  /** May be called at any time, also from within an effect. */
  dispatch(event: GatewayEvent): void {
    if (event.type === 'ensureReady') this.prioritizeStart();
    this.#queue.push(event);
    if (this.#isReducing) return;
    this.#isReducing = true;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) this.#step(next);
    } finally {
      this.#isReducing = false;
    }
    this.#resolveWaiters();
  }

  /** A request or an operator waits for this gateway: its current or next start goes ahead of the others. */
  prioritizeStart(): void {
    this.#isAwaited = true;
    this.#context.starts.prioritize(this.#profile.name);
  }

  /** Resolves with the first state, the current one included, for which `done` is true and no event is queued. */
  until(done: (state: GatewayState) => boolean): Promise<GatewayState> {
    return new Promise((resolve) => {
      this.#waiters = [...this.#waiters, { done, resolve }];
      if (!this.#isReducing) this.#resolveWaiters();
    });
  }

  /** Resolves once its last line of output was reported and no health command is left; bounded. */
  async ended(): Promise<void> {
    await this.#process.outputEnded;
    await this.#watch.ended;
  }

  /**
   * A door could not connect to that listener (the system's code), or found its port held by other processes
   * (FOREIGN_HOLDER).
   */
  connectionFailed(generation: number, listener: string, code: string): void {
    if (generation === this.#state.generation) this.#watch.connectionFailed(listener, code);
  }

  /** Sends SIGKILL now and prevents every later start: for a gwproxy that is about to exit. */
  killNow(): void {
    this.#process.killNow();
    this.#watch.killNow();
  }

  /** Doors need the new holders of a port only once the listener is ready. */
  #holdersChanged(listener: string): void {
    if (isListenerReady(this.#state.phase, this.#policy.conditions, listener)) this.#context.publish();
  }

  #step(event: GatewayEvent): void {
    const { now, random, report, ports } = this.#context;
    const before = this.#state;
    const { state, effects } = reduce(before, { ...event, at: now(), random: random() }, this.#policy);
    this.#state = state;
    if (before.phase.name === 'starting' && state.phase.name !== 'starting') {
      if (isEnding(state.phase)) this.#context.starts.abandon(this.#profile.name);
      else this.#context.starts.release(this.#profile.name);
      this.#process.abortStart();
      // After a failed start the request or operator waits for the next one.
      if (state.phase.name !== 'backoff') this.#isAwaited = false;
    }
    // Only now is no process of that start left; it may have held its group until its end.
    if (isEnding(before.phase) && !isEnding(state.phase)) this.#context.starts.release(this.#profile.name);
    // Effects first: the operator reads only about what has been done.
    for (const effect of effects) this.#execute(effect);
    for (const each of eventsOf(this.profile, ports.of(this.profile.name), before, event, state))
      report(each);
  }

  #resolveWaiters(): void {
    const state = this.#state;
    const ready = this.#waiters.filter((waiter) => waiter.done(state));
    if (ready.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const waiter of ready) waiter.resolve(state);
  }

  #execute(effect: Effect): void {
    switch (effect.type) {
      case 'publish':
        this.#context.publish();
        break;
      case 'spawn': {
        const { phase } = this.#state;
        // A gateway that served until now and restarts at once still has users.
        const isRestart = phase.name === 'starting' && phase.restartedAfter !== null;
        void this.#process.spawn(effect.generation, this.#isAwaited || isRestart);
        break;
      }
      case 'probe':
        this.#watch.start(effect.generation);
        break;
      case 'endProbes':
        this.#watch.end();
        break;
      case 'startTimer': {
        const { name, generation, ms } = effect;
        this.#startTimer(name, generation, Math.min(ms, LONGEST_TIMER));
        break;
      }
      case 'clearTimer':
        clearTimeout(this.#timer);
        break;
      case 'awaitDrained': {
        const { generation } = effect;
        const drained = (): void => this.dispatch({ type: 'drained', generation });
        this.#context.awaitDrained(this.profile.name, generation, drained);
        break;
      }
      case 'signalGroup':
        this.#process.signal(effect.signal);
        break;
      case 'killGroup':
        this.#process.signal('SIGKILL');
        break;
    }
  }

  #startTimer(name: TimerName, generation: number, ms: number): void {
    clearTimeout(this.#timer);
    const due = performance.now() + ms;
    this.#timer = setTimeout(() => {
      const late = performance.now() - due;
      // gwproxy itself was stopped or had no CPU, so the gateway may be ready and was not probed meanwhile, or may have
      // ended.
      if (isJudged(name) && late > MOST_LATE) this.#startTimer(name, generation, Math.min(late, ms));
      else this.#elapsed(name, generation);
    }, ms);
  }

  #elapsed(name: TimerName, generation: number): void {
    if (name === 'startTimeout') {
      const lastWords = this.#process.lastWords();
      this.dispatch({ type: name, generation, detail: this.#watch.failureText(), lastWords });
    } else this.dispatch({ type: name, generation });
  }
}

/** Whether that timer judges the gateway by what gwproxy has seen of it meanwhile. */
function isJudged(name: TimerName): boolean {
  return name === 'startTimeout' || name === 'readyAfter' || name === 'runTimeout';
}
