import type { SupervisorPort, Target } from '../../snapshot.ts';
import { LONGEST_TIMER, type Timer, type Timers } from '../../util/timers.ts';
import type { Counters, ProfileCounters } from './counters.ts';

/** One generation that this door routes to, or that still has requests in flight. */
export class Generation {
  readonly profile: string;
  readonly number: number;
  readonly counters: ProfileCounters;
  inFlight = 0;
  /** Epoch ms of the newest lease's start or end, or of when the door first routed to it. */
  lastUsed: number;
  /** One of its listeners is ready in the newest snapshot. */
  routed = true;
  /** Ms without a lease after which the supervisor gets a report; null for never. */
  idleAfter: number | null = null;
  /** It was reported as idle: its next lease is reported too. */
  idleReported = false;
  timer: Timer | null = null;

  constructor(profile: string, number: number, counters: ProfileCounters, now: number) {
    this.profile = profile;
    this.number = number;
    this.counters = counters;
    this.lastUsed = now;
  }
}

/**
 * Counts the requests in flight on each generation. A lease is acquired without asking the supervisor, which gets the
 * count when a generation leaves routing and again when its last lease ends, so that it knows when to send the signal.
 * For a target with `idleAfter` it also gets a report after each such time without a lease, and at the next lease.
 */
export class Leases {
  readonly #generations = new Map<string, Map<number, Generation>>();
  #inFlight = 0;
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

  /** All leases. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** The generation with that number; made at the first call. */
  generation(profile: string, generation: number): Generation {
    let generations = this.#generations.get(profile);
    if (generations === undefined) {
      generations = new Map();
      this.#generations.set(profile, generations);
    }
    let known = generations.get(generation);
    if (known === undefined) {
      known = new Generation(profile, generation, this.#counters.of(profile), this.#now());
      generations.set(generation, known);
    }
    return known;
  }

  acquire(generation: Generation): void {
    const now = this.#now();
    generation.inFlight += 1;
    generation.lastUsed = now;
    generation.counters.inFlight += 1;
    this.#inFlight += 1;
    generation.counters.lastUsed = now;
    if (!generation.idleReported) return;
    generation.idleReported = false;
    this.#reportLoad(generation);
  }

  release(generation: Generation): void {
    const now = this.#now();
    generation.inFlight -= 1;
    generation.lastUsed = now;
    generation.counters.inFlight -= 1;
    this.#inFlight -= 1;
    generation.counters.lastUsed = now;
    if (generation.routed || generation.inFlight > 0) return;
    this.#forget(generation);
    this.#reportLoad(generation);
  }

  /** Marks the generations that are routed to, and returns those that no longer are. Reports nothing yet. */
  applyTargets(targets: readonly Target[]): readonly Generation[] {
    const before = [...this.#generations.values()].flatMap((generations) => [...generations.values()]);
    const wasRouted = before.filter((generation) => generation.routed);
    for (const generation of before) generation.routed = false;
    for (const { state, profile, generation, idleAfter } of targets) {
      if (state !== 'ready') continue;
      const routed = this.generation(profile, generation);
      routed.routed = true;
      this.#setIdleAfter(routed, idleAfter);
    }
    const unrouted = before.filter((generation) => !generation.routed);
    for (const generation of unrouted) {
      this.#setIdleAfter(generation, null);
      if (generation.inFlight === 0) this.#forget(generation);
    }
    return wasRouted.filter((generation) => !generation.routed);
  }

  /** Reports the load of generations that a snapshot took out of routing. */
  reportUnrouted(generations: readonly Generation[]): void {
    for (const generation of generations) this.#reportLoad(generation);
  }

  #setIdleAfter(generation: Generation, idleAfter: number | null): void {
    if (generation.idleAfter === idleAfter) return;
    generation.idleAfter = idleAfter;
    generation.idleReported = false;
    this.#timers.cancel(generation.timer);
    generation.timer = null;
    if (idleAfter !== null) this.#scheduleIdleCheck(generation, idleAfter, idleAfter);
  }

  /** One timer per generation, none per lease: when it fires it checks how long ago the last lease was. */
  #scheduleIdleCheck(generation: Generation, idleAfter: number, ms: number): void {
    generation.timer = this.#timers.after(Math.min(ms, idleAfter, LONGEST_TIMER), () =>
      this.#checkIdle(generation, idleAfter),
    );
    generation.timer.unref();
  }

  #checkIdle(generation: Generation, idleAfter: number): void {
    const remaining = generation.lastUsed + idleAfter - this.#now();
    // A held request will soon be in flight.
    const busy = generation.inFlight > 0 || generation.counters.held.used > 0;
    this.#scheduleIdleCheck(generation, idleAfter, busy || remaining <= 0 ? idleAfter : remaining);
    if (busy || remaining > 0) return;
    generation.idleReported = true;
    this.#reportLoad(generation);
  }

  #reportLoad(generation: Generation): void {
    const { profile, inFlight, lastUsed } = generation;
    this.#supervisor.load(this.#doorId, {
      profile,
      generation: generation.number,
      inFlight,
      lastUsed,
    });
  }

  #forget(generation: Generation): void {
    const generations = this.#generations.get(generation.profile);
    generations?.delete(generation.number);
    if (generations?.size === 0) this.#generations.delete(generation.profile);
  }
}
