import type { SupervisorPort, Target } from '../snapshot.ts';
import type { Counters, ProfileCounters } from './counters.ts';

/** One generation that this door routes to, or still has requests in flight on. */
export class Life {
  readonly profile: string;
  readonly generation: number;
  readonly counters: ProfileCounters;
  inFlight = 0;
  lastUsed = 0;
  /** Some listener of it is ready in the newest snapshot. */
  routed = true;

  constructor(profile: string, generation: number, counters: ProfileCounters) {
    this.profile = profile;
    this.generation = generation;
    this.counters = counters;
  }
}

/**
 * Who is in flight where. A lease is taken without asking; the supervisor is told how many there are when a
 * generation leaves routing, and again when its last one ends, so that it knows when to send the signal.
 */
export class Leases {
  readonly #lives = new Map<string, Map<number, Life>>();
  readonly #doorId: string;
  readonly #supervisor: SupervisorPort;
  readonly #counters: Counters;
  readonly #now: () => number;

  constructor(doorId: string, supervisor: SupervisorPort, counters: Counters, now: () => number) {
    this.#doorId = doorId;
    this.#supervisor = supervisor;
    this.#counters = counters;
    this.#now = now;
  }

  /** The life that a ready target belongs to; made at first sight. */
  life(profile: string, generation: number): Life {
    let lives = this.#lives.get(profile);
    if (lives === undefined) {
      lives = new Map();
      this.#lives.set(profile, lives);
    }
    let life = lives.get(generation);
    if (life === undefined) {
      life = new Life(profile, generation, this.#counters.of(profile));
      lives.set(generation, life);
    }
    return life;
  }

  take(life: Life): void {
    const now = this.#now();
    life.inFlight += 1;
    life.lastUsed = now;
    life.counters.inFlight += 1;
    life.counters.lastUsed = now;
  }

  release(life: Life): void {
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
  route(targets: readonly Target[]): readonly Life[] {
    const before = [...this.#lives.values()].flatMap((lives) => [...lives.values()]);
    const wasRouted = before.filter((life) => life.routed);
    for (const life of before) life.routed = false;
    for (const target of targets) {
      if (target.state === 'ready') this.life(target.profile, target.generation).routed = true;
    }
    for (const life of before) if (!life.routed && life.inFlight === 0) this.#forget(life);
    return wasRouted.filter((life) => !life.routed);
  }

  /** Tells the supervisor of generations that a snapshot took out of routing. */
  left(lives: readonly Life[]): void {
    for (const life of lives) this.#tell(life);
  }

  #tell(life: Life): void {
    const { profile, generation, inFlight, lastUsed } = life;
    this.#supervisor.load(this.#doorId, { profile, generation, inFlight, lastUsed });
  }

  #forget(life: Life): void {
    const lives = this.#lives.get(life.profile);
    lives?.delete(life.generation);
    if (lives?.size === 0) this.#lives.delete(life.profile);
  }
}
