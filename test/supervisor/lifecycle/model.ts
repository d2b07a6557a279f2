import assert from 'node:assert/strict';
import type { ProfilePlan } from '../../../src/config/types.ts';
import type { Target } from '../../../src/snapshot.ts';
import { targetsOf } from '../../../src/supervisor/doors/targets.ts';
import { initialState } from '../../../src/supervisor/lifecycle/begin.ts';
import { unmet } from '../../../src/supervisor/lifecycle/conditions.ts';
import { reduce } from '../../../src/supervisor/lifecycle/reduce.ts';
import {
  type Effect,
  type GatewayEvent,
  type GatewayState,
  isServing,
  type Policy,
  policyOf,
  type StartTimeout,
  type TimerName,
} from '../../../src/supervisor/lifecycle/state.ts';
import { checkDesired, checkStep } from './promises.ts';

/** Something that may happen in the world, where the world is such that it can. */
export type Happening =
  | { readonly type: 'start' | 'restart' | 'ensureReady' | 'stop' | 'stopAtOnce' }
  | {
      readonly type:
        | 'hung'
        | 'memoryExceeded'
        | 'idle'
        | 'scheduledRestart'
        | 'scheduledRun'
        | 'reconfigured';
    }
  | { readonly type: 'spawnSucceeds' | 'spawnFails' | 'groupEnds' | 'doorsLetGo' | 'timerFires' }
  | { readonly type: 'leaderExits'; readonly code: number | null; readonly groupLeft: boolean }
  /** One of the conditions that do not follow from a timer alone. */
  | { readonly type: 'conditionMet' | 'conditionLost'; readonly nth: number }
  /** Something that a dead generation's timer, probe or process still says. */
  | { readonly type: 'ghost'; readonly event: GatewayEvent };

const MESSAGES = { kind: 'listener', name: 'messages' } as const;
const LATE: StartTimeout = {
  type: 'startTimeout',
  generation: 0,
  detail: '',
  lastWords: { kind: 'silence' },
};

interface Group {
  readonly generation: number;
  readonly pid: number;
  leaderAlive: boolean;
}

/**
 * The reducer of one gateway in a simulated world: it carries out the effects, lets possible events happen, and
 * checks after every step what must always hold.
 */
export class World {
  readonly #profile: ProfilePlan;
  readonly #policy: Policy;
  state: GatewayState;
  group: Group | null = null;
  timer: { readonly name: TimerName; readonly generation: number } | null = null;
  #spawning: number | null = null;
  #awaiting: number | null = null;
  #probing: number | null = null;
  #published: readonly Target[];
  #at = 1_000_000;
  #lastGeneration = 0;
  /** Generations that a door may hold leases on, and generations that may be signalled. */
  readonly #routed = new Set<number>();
  /** Generations that were ready, or one of whose listeners was. */
  readonly #served = new Set<number>();
  readonly #left = new Set<number>();
  readonly #released = new Set<number>();
  #stopped = false;
  /** A stop at once came after the present generation began. */
  #hurry = false;

  constructor(profile: ProfilePlan) {
    this.#profile = profile;
    this.#policy = policyOf(profile);
    this.state = initialState(this.#policy);
    this.#published = this.#targets();
  }

  /** Lets it happen if it can. */
  happen(happening: Happening): void {
    const { generation } = this.state;
    switch (happening.type) {
      case 'start':
      case 'restart':
        this.#stopped = false;
        this.#step({ type: happening.type });
        break;
      case 'stop':
      case 'stopAtOnce':
        this.#stopped = true;
        if (happening.type === 'stopAtOnce') this.#hurry = true;
        this.#step({ type: 'stop', atOnce: happening.type === 'stopAtOnce' });
        break;
      case 'ensureReady':
        this.#ensureReady();
        break;
      case 'spawnSucceeds':
        this.#spawned();
        break;
      case 'spawnFails':
        if (this.#spawning === null) return;
        this.#spawning = null;
        this.#step({ type: 'spawnFailed', generation, reason: 'command not found' });
        break;
      case 'leaderExits':
        if (this.group === null || !this.group.leaderAlive) return;
        this.group.leaderAlive = false;
        this.#exited(this.group.generation, happening);
        break;
      case 'groupEnds':
        if (this.group === null || this.group.leaderAlive) return;
        this.group = null;
        this.#step({ type: 'gone', generation });
        break;
      case 'doorsLetGo':
        if (this.#awaiting === null) return;
        this.#released.add(this.#awaiting);
        this.#step({ type: 'drained', generation: this.#awaiting });
        break;
      case 'timerFires': {
        if (this.timer === null) return;
        const { name, generation: of } = this.timer;
        this.timer = null;
        if (name === 'drainTimeout') this.#released.add(of);
        this.#step(name === 'startTimeout' ? { ...LATE, generation: of } : { type: name, generation: of });
        break;
      }
      case 'conditionMet':
      case 'conditionLost': {
        const watched = this.#policy.conditions.filter(({ kind }) => kind !== 'lived');
        const condition = watched[happening.nth % watched.length];
        if (this.#probing === null || condition === undefined) return;
        const reason = 'connection refused';
        this.#step({ type: happening.type, generation: this.#probing, condition, reason });
        break;
      }
      case 'hung':
      case 'memoryExceeded':
      case 'idle':
        this.#step({ type: happening.type, generation, condition: MESSAGES, reason: 'it hangs' });
        break;
      case 'scheduledRestart':
        this.#step({ type: 'scheduledRestart', reason: 'its time has come' });
        break;
      case 'scheduledRun':
      case 'reconfigured':
        this.#step({ type: happening.type });
        break;
      case 'ghost':
        this.#ghost(happening.event);
        break;
    }
  }

  /** Runs the world on until nothing can happen by itself any more. */
  runOut(): void {
    for (let turn = 0; turn < 20; turn += 1) {
      this.happen({ type: 'spawnSucceeds' });
      this.happen({ type: 'timerFires' });
      if (this.state.phase.name === 'stopping') {
        this.happen({ type: 'leaderExits', code: null, groupLeft: turn % 2 === 0 });
        this.happen({ type: 'groupEnds' });
      }
    }
  }

  #ensureReady(): void {
    const before = this.state;
    this.#step({ type: 'ensureReady' });
    const asleep = before.desired === 'demand';
    assert.equal(this.state !== before, asleep, 'ensureReady starts what waits for it, and nothing else');
  }

  #spawned(): void {
    if (this.#spawning === null) return;
    const generation = this.#spawning;
    this.#spawning = null;
    this.group = { generation, pid: 1000 + generation, leaderAlive: true };
    this.#step({ type: 'spawned', generation, pid: this.group.pid });
  }

  #exited(
    generation: number,
    { code, groupLeft }: { readonly code: number | null; readonly groupLeft: boolean },
  ): void {
    if (!groupLeft) this.group = null;
    const signal = code === null ? 'SIGKILL' : null;
    const asked = this.state.phase.name === 'draining' || this.state.phase.name === 'stopping';
    this.#step({ type: 'exited', generation, code, signal, lastWords: { kind: 'unknown' }, groupLeft });
    assert.ok(this.state.lastExit?.code === code);
    // After a stop that was asked for, only a missed start deadline is still judged.
    if (asked && this.#stopped) assert.notEqual(this.state.phase.name, 'backoff');
  }

  #ghost(event: GatewayEvent): void {
    if (!('generation' in event) || this.state.generation === 0) return;
    this.#step({ ...event, generation: this.state.generation - 1 });
  }

  #targets(): readonly Target[] {
    return targetsOf(this.#profile, this.state, new Map(), { holders: () => [], host: ({ host }) => host });
  }

  #step(event: GatewayEvent): void {
    this.#at += 10;
    const before = this.state;
    const stamped = { ...event, at: this.#at, random: 0.5 };
    const { state, effects } = reduce(before, stamped, this.#policy);
    this.state = state;
    const taken = { before, event: stamped, after: state, effects, policy: this.#policy };
    checkStep(taken, this.#served.has(before.generation));
    if (state.phase.name === 'ready') this.#served.add(state.generation);
    for (const effect of effects) this.#execute(effect, event);
    this.#check();
  }

  #execute(effect: Effect, event: GatewayEvent): void {
    switch (effect.type) {
      case 'publish':
        this.#publish();
        break;
      case 'spawn':
        assert.equal(this.group, null, 'a process group is left');
        assert.equal(this.#spawning, null, 'a spawn is under way');
        assert.ok(effect.generation > this.#lastGeneration, 'a generation is spawned once');
        assert.ok(!this.#stopped, 'an operator stopped it');
        this.#lastGeneration = effect.generation;
        this.#spawning = effect.generation;
        this.#hurry = false;
        break;
      case 'probe':
        this.#probing = effect.generation;
        break;
      case 'endProbes':
        this.#probing = null;
        break;
      case 'startTimer':
        this.timer = effect;
        break;
      case 'clearTimer':
        this.timer = null;
        break;
      case 'awaitDrained':
        assert.deepEqual(this.#published, this.#targets(), 'the drain begins once the doors were told');
        this.#awaiting = effect.generation;
        break;
      case 'signalGroup':
        this.#mayEnd(effect.pid);
        assert.ok(
          !this.#routed.has(this.state.generation) || this.#released.has(this.state.generation),
          'signalled before it was drained',
        );
        break;
      case 'killGroup':
        this.#mayEnd(effect.pid);
        assert.ok(this.#mayKill(event), `killed by ${event.type}`);
        break;
    }
  }

  #mayEnd(pid: number): void {
    assert.equal(this.group?.pid, pid, 'a signal to a group that is not its own');
    assert.ok(!this.#published.some(({ state }) => state === 'ready'), 'signalled while doors route to it');
  }

  #mayKill(event: GatewayEvent): boolean {
    if (event.type === 'spawned') return this.#hurry;
    if (event.type === 'stop') return event.atOnce;
    return event.type === 'graceTimeout' || (event.type === 'exited' && event.groupLeft);
  }

  #publish(): void {
    this.#published = this.#targets();
    const { generation } = this.state;
    const ready = this.#published.some(({ state }) => state === 'ready');
    if (ready) {
      assert.ok(!this.#left.has(generation), 'routed to after it left');
      this.#routed.add(generation);
      this.#served.add(generation);
    }
    if (this.state.phase.name === 'draining' || this.state.phase.name === 'stopping')
      this.#left.add(generation);
  }

  #check(): void {
    const { phase } = this.state;
    assert.deepEqual(this.#published, this.#targets(), 'the doors know less than the state says');
    if (this.#stopped) assert.equal(this.state.desired, 'down');
    checkDesired(this.state, this.#published);
    if (this.#probing !== null)
      assert.equal(this.#probing, this.state.generation, 'an older generation is probed');
    const managed = this.#policy.managed;
    // What each state waits for is under way, so that no state is the last by accident.
    if (phase.name === 'backoff') assert.equal(this.timer?.name, 'backoffElapsed');
    if (phase.name === 'draining') assert.equal(this.timer?.name, 'drainTimeout');
    if (phase.name === 'ready' && typeof this.#policy.job?.timeout === 'number') {
      assert.equal(this.timer?.name, 'runTimeout');
    }
    if (phase.name === 'starting' && (phase.pid !== null || !managed)) {
      assert.equal(this.timer?.name, this.#policy.readyAfter === null ? 'startTimeout' : 'readyAfter');
    }
    if (phase.name === 'stopping' && phase.pid !== null && !phase.kill) {
      assert.equal(this.timer?.name, 'graceTimeout');
    }
    if (phase.name === 'stopped' || phase.name === 'failed') {
      assert.equal(this.timer, null);
      assert.equal(this.#probing, null);
    }
    if (phase.name === 'stopped' || phase.name === 'failed' || phase.name === 'backoff') {
      assert.equal(this.group, null, 'a process group is left');
      assert.equal(this.#spawning, null);
    }
    if (isServing(phase)) {
      const isReady = unmet(this.#policy.conditions, phase.met).length === 0;
      assert.equal(phase.name === 'ready', isReady, 'ready is when every condition is met');
    }
    if ('pid' in phase && phase.pid !== null) assert.equal(phase.pid, this.group?.pid);
  }
}
