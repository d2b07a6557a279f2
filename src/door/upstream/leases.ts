import type { SupervisorPort, Target } from '../../snapshot.ts';
import type { Timer, Timers } from '../../util/timers.ts';
import type { Counters, ProfileCounters } from './counters.ts';

/** Node turns a longer wait into none at all. */
const MAX_TIMER = 2 ** 31 - 1;

/** One generation that this door routes to, or still has requests in flight on. */
export class Generation {
  readonly profile: string;
  readonly generation: number;
  readonly counters: ProfileCounters;
  inFlight = 0;
  /** Epoch ms of the newest lease's start or end; of when it was first routed to, where there was none. */
  lastUsed: number;
  /** Some listener of it is ready in the newest snapshot. */
  routed = true;
  /** ms without a lease after which the supervisor is told; null: it need not be. */
  idleAfter: number | null = null;
  /** It was told that it is idle: it is told of the next lease too. */
  toldIdle = false;
  timer: Timer | null = null;

  constructor(profile: string, generation: number, counters: ProfileCounters, now: number) {
    this.profile = profile;
    this.generation = generation;
    this.counters = counters;
    this.lastUsed = now;
  }
}

/**
 * Who is in flight where. A lease is taken without asking; the supervisor is told how many there are when a
 * generation leaves routing, and again when its last one ends, so that it knows when to send the signal. Where a
 * target has `idleAfter`, it is told of each such time without use, and of the first lease after it.
 */
export class Leases {
  readonly #lives = new Map<string, Map<number, Generation>>();
  readonly #doorId: string;
  readonly #supervisor: SupervisorPort;
  readonly #counters: Counters;
  readonly #timers: Timers;
  readonly #now: () => number;

  constructor(
    doorId: string,
    supervisor: SupervisorPort,
    counters: Counters,
    timers: Timers,
    now: () => number,
  ) {
    this.#doorId = doorId;
    this.#supervisor = supervisor;
    this.#counters = counters;
    this.#timers = timers;
    this.#now = now;
  }

  /** The life that a ready target belongs to; made at first sight. */
  life(profile: string, generation: number): Generation {
    let lives = this.#lives.get(profile);
    if (lives === undefined) {
      lives = new Map();
      this.#lives.set(profile, lives);
    }
    let life = lives.get(generation);
    if (life === undefined) {
      life = new Generation(profile, generation, this.#counters.of(profile), this.#now());
      lives.set(generation, life);
    }
    return life;
  }

  take(life: Generation): void {
    const now = this.#now();
    life.inFlight += 1;
    life.lastUsed = now;
    life.counters.inFlight += 1;
    life.counters.lastUsed = now;
    if (!life.toldIdle) return;
    life.toldIdle = false;
    this.#tell(life);
  }

  release(life: Generation): void {
    const now = this.#now();
    life.inFlight -= 1;
    life.lastUsed = now;
    life.counters.inFlight -= 1;
    life.counters.lastUsed = now;
    if (life.routed || life.inFlight > 0) return;
    this.#forget(life);
    this.#tell(life);
  }

  /** Settles which generations are routed to, and gives back those that were until now. Tells nobody yet. */
  route(targets: readonly Target[]): readonly Generation[] {
    const before = [...this.#lives.values()].flatMap((lives) => [...lives.values()]);
    const wasRouted = before.filter((life) => life.routed);
    for (const life of before) life.routed = false;
    for (const { state, profile, generation, idleAfter } of targets) {
      if (state !== 'ready') continue;
      const life = this.life(profile, generation);
      life.routed = true;
      this.#watch(life, idleAfter);
    }
    const unrouted = before.filter((life) => !life.routed);
    for (const life of unrouted) {
      this.#watch(life, null);
      if (life.inFlight === 0) this.#forget(life);
    }
    return wasRouted.filter((life) => !life.routed);
  }

  /** Tells the supervisor of generations that a snapshot took out of routing. */
  left(lives: readonly Generation[]): void {
    for (const life of lives) this.#tell(life);
  }

  #watch(life: Generation, idleAfter: number | null): void {
    if (life.idleAfter === idleAfter) return;
    life.idleAfter = idleAfter;
    life.toldIdle = false;
    this.#timers.cancel(life.timer);
    life.timer = null;
    if (idleAfter !== null) this.#lookAgain(life, idleAfter, idleAfter);
  }

  /** A lease sets no timer: the one there is finds out how long ago the last was. */
  #lookAgain(life: Generation, idleAfter: number, ms: number): void {
    life.timer = this.#timers.after(Math.min(ms, idleAfter, MAX_TIMER), () => this.#look(life, idleAfter));
    life.timer.unref();
  }

  #look(life: Generation, idleAfter: number): void {
    const left = life.lastUsed + idleAfter - this.#now();
    // A request that is held is about to be one in flight.
    const busy = life.inFlight > 0 || life.counters.held > 0;
    this.#lookAgain(life, idleAfter, busy || left <= 0 ? idleAfter : left);
    if (busy || left > 0) return;
    life.toldIdle = true;
    this.#tell(life);
  }

  #tell(life: Generation): void {
    const { profile, generation, inFlight, lastUsed } = life;
    this.#supervisor.load(this.#doorId, { profile, generation, inFlight, lastUsed });
  }

  #forget(life: Generation): void {
    const lives = this.#lives.get(life.profile);
    lives?.delete(life.generation);
    if (lives?.size === 0) this.#lives.delete(life.profile);
  }
}
