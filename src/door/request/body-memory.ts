import type { Limits } from '../../config/types.ts';
import { DoorError } from '../../errors.ts';
import { FairShares } from '../../util/fair-shares.ts';
import type { BodyShare, Exchange } from '../http/exchange.ts';
import type { PacedBody } from './body-pace.ts';
import { chooseEvicted, type ReceivingBody, SMALL_BODY } from './eviction.ts';

/** The part of the memory that the small bodies, and those that the head routed, may each have before any is evicted. */
const RESERVE = 1 / 4;
/** The part of the memory that an eviction frees, so that there is not one for each chunk that arrives. */
const EVICTED_AT_ONCE = 1 / 32;
/** How much of what is free one profile's bodies may have: half of all for large ones alone, four fifths with small ones. */
const LARGE_WEIGHT = 1;
const SMALL_WEIGHT = 4;

const NO_PROFILES: readonly string[] = [];

/**
 * The memory of request bodies, within limits.buffered. A body that is still being received, by whoever sends it, has
 * its memory only until another one needs it: see `chooseEvicted`. A body that is complete and matched keeps its memory
 * until its request ends, as a part of its profile's share, so that a gateway that is slow or away starves no other.
 */
export class BodyMemory {
  readonly #limits: Pick<Limits, 'buffered'>;
  readonly #now: () => number;
  readonly #receiving = new Set<ReceivedBody>();
  readonly #kept: FairShares;
  #receivedBytes = 0;

  /** `now` in epoch ms. */
  constructor(limits: Pick<Limits, 'buffered'>, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#kept = new FairShares(() => limits.buffered);
  }

  /** Bytes of all bodies in memory. */
  get used(): number {
    return this.#receivedBytes + this.#kept.used;
  }

  /**
   * Begins to receive a body. It may be evicted until it is kept: its memory is released, and `stop` is called, which
   * has no effect on a body that is complete: its next slice of work, or `keepFor`, refuses that.
   */
  receive(exchange: Exchange, routed: boolean, stop: (error: DoorError) => void): ReceivedBody {
    const body = new ReceivedBody(this, exchange, routed, stop);
    this.#receiving.add(body);
    return body;
  }

  /** False if there is no room: the body has cost more than those which could make it. */
  grow(body: ReceivedBody, bytes: number): boolean {
    if (!this.#makeRoom(body, bytes)) return false;
    // The first bytes have cost nothing yet, and for most bodies they are all.
    if (body.bytes > 0) body.accrue(this.#now());
    body.bytes += bytes;
    this.#receivedBytes += bytes;
    return true;
  }

  /** Counts a complete body as the profiles' from now on; false if the share of one of them is used up. */
  keep(body: ReceivedBody, profiles: readonly string[]): boolean {
    if (body.profiles.length > 0) return true;
    const part = body.bytes / profiles.length;
    const weight = body.bytes <= SMALL_BODY ? SMALL_WEIGHT : LARGE_WEIGHT;
    for (const profile of profiles) if (!this.#kept.fits(profile, weight, part)) return false;
    this.#receiving.delete(body);
    this.#receivedBytes -= body.bytes;
    for (const profile of profiles) this.#kept.acquire(profile, part);
    body.profiles = profiles;
    return true;
  }

  release(body: ReceivedBody): void {
    if (this.#receiving.delete(body)) this.#receivedBytes -= body.bytes;
    const { profiles } = body;
    body.profiles = NO_PROFILES;
    for (const profile of profiles) this.#kept.release(profile, body.bytes / profiles.length);
  }

  /** Evicts the body that has been received for longest; false if there is none. */
  evictOldest(): boolean {
    const [oldest] = this.#receiving;
    if (oldest === undefined) return false;
    this.#evict(oldest);
    return true;
  }

  #makeRoom(asker: ReceivedBody, bytes: number): boolean {
    const { buffered } = this.#limits;
    const needed = this.used + bytes - buffered;
    if (needed <= 0) return true;
    const now = this.#now();
    for (const body of this.#receiving) body.accrue(now);
    const evicted = chooseEvicted(this.#receiving, asker, {
      needed,
      wanted: needed + buffered * EVICTED_AT_ONCE,
      reserve: buffered * RESERVE,
    });
    for (const body of evicted ?? []) this.#evict(body);
    return evicted !== null;
  }

  #evict(body: ReceivedBody): void {
    this.release(body);
    body.isEvicted = true;
    body.stop(tooManyBodies());
  }
}

/** The memory of one request's body. */
export class ReceivedBody implements BodyShare, ReceivingBody, PacedBody {
  bytes = 0;
  received = 0;
  windowStart = 0;
  windowBytes = 0;
  /** In bytes times ms, until `#since`. */
  cost = 0;
  readonly routed: boolean;
  readonly stop: (error: DoorError) => void;
  isEvicted = false;
  /** The profiles that share it once it is kept; none before. */
  profiles: readonly string[] = NO_PROFILES;
  readonly #memory: BodyMemory;
  readonly #exchange: Exchange;
  /** Epoch ms. */
  #since: number;

  constructor(memory: BodyMemory, exchange: Exchange, routed: boolean, stop: (error: DoorError) => void) {
    this.routed = routed;
    this.stop = stop;
    this.#memory = memory;
    this.#exchange = exchange;
    this.#since = exchange.arrivedAt;
  }

  get client(): string {
    return this.#exchange.clientAddress;
  }

  accrue(now: number): void {
    this.cost += this.bytes * (now - this.#since);
    this.#since = now;
  }

  checkNotEvicted(): void {
    if (this.isEvicted) throw tooManyBodies();
  }

  keepFor(profiles: readonly string[]): void {
    this.checkNotEvicted();
    if (this.#memory.keep(this, profiles)) return;
    throw new DoorError('GWPROXY_OVERLOADED', 'too many request bodies for this gateway are in memory', {
      retryAfter: 1,
    });
  }

  release(): void {
    this.#memory.release(this);
  }
}

export function tooManyBodies(): DoorError {
  return new DoorError('GWPROXY_OVERLOADED', 'too many request bodies are in memory; try again', {
    retryAfter: 1,
  });
}
