import { ProfileQueue, type Queued, type QueuedItem } from './profile-queue.ts';
import {
  expiryOf,
  RETRY_RULES,
  type RetryRules,
  type SendOutcome,
  type SendVerdict,
  statusOf,
  verdictOf,
} from './send-verdict.ts';
import type { Spooled } from './store/spooled-delivery.ts';
import type { ListenerState } from './wake.ts';

export interface QueueRules extends RetryRules {
  /** How many deliveries are sent to one profile at once at first; each has another order key. */
  readonly perProfile: number;
  /** How many at most: the number grows by one with each accepted delivery, so that the queue drains. */
  readonly mostPerProfile: number;
  /**
   * How many deliveries of all profiles are sent at once, each with its body in memory. A profile that sends none may
   * exceed it by one.
   */
  readonly inAll: number;
  /** Ms after its arrival at which a delivery expires, even if its credentials are still valid. */
  readonly longestWait: number;
}

export const QUEUE_RULES: QueueRules = {
  ...RETRY_RULES,
  perProfile: 4,
  mostPerProfile: 16,
  inAll: 32,
  longestWait: 24 * 60 * 60 * 1000,
};

export interface Dequeued {
  /** Each is marked as delivering. */
  readonly toSend: readonly Queued[];
  /** Deliveries that no listener exists for, each marked as leaving. */
  readonly stranded: readonly Queued[];
  /** The profiles whose gateway is not ready, each with the target of a delivery that waits for it. */
  readonly waiting: ReadonlyMap<string, string>;
}

/**
 * Decides which delivery may be sent now, and what the outcome of sending it means. At most one delivery per order
 * key is sent at a time, in order of arrival. Pure: time, randomness and readiness are arguments.
 */
export class Queue {
  readonly #rules: QueueRules;
  readonly #profiles = new Map<string, ProfileQueue>();
  readonly #items = new Map<string, QueuedItem>();
  /** Deliveries that failed, until they are sent again. */
  readonly #retrying = new Set<QueuedItem>();
  #delivering = 0;
  /** No item expires before it; epoch ms. */
  #nextExpiry = Number.POSITIVE_INFINITY;

  constructor(rules: QueueRules = QUEUE_RULES) {
    this.#rules = rules;
  }

  /** Adds a delivery behind all others of its order key; `state` is 'queued' if it is on disk already. */
  add(spooled: Spooled, state: 'writing' | 'queued'): void {
    const expiry = expiryOf(spooled, this.#rules.longestWait);
    const item: QueuedItem = { spooled, state, tries: 0, unsent: 0, lastStatus: null, dueAt: 0, expiry };
    let queue = this.#profiles.get(spooled.profile);
    if (queue === undefined) {
      queue = new ProfileQueue(this.#rules.perProfile);
      this.#profiles.set(spooled.profile, queue);
    }
    queue.add(item);
    this.#items.set(spooled.id, item);
    if (state === 'queued') this.#markQueued(item);
  }

  /** Marks a delivery as on disk, so that it may be sent. */
  markDurable(id: string): void {
    const item = this.#items.get(id);
    if (item?.state === 'writing') this.#markQueued(item);
  }

  /** Removes the delivery, so that the ones behind it may be sent. */
  remove(id: string): void {
    const item = this.#items.get(id);
    const queue = item && this.#profiles.get(item.spooled.profile);
    if (item === undefined || queue === undefined) return;
    this.#countDown(item, queue);
    this.#retrying.delete(item);
    this.#items.delete(id);
    queue.remove(item);
    if (queue.size === 0) this.#profiles.delete(item.spooled.profile);
  }

  /** Dequeues the deliveries that may be sent now, round-robin over the profiles and over each profile's order keys. */
  dequeue(now: number, stateOf: (profile: string, target: string) => ListenerState): Dequeued {
    const toSend: QueuedItem[] = [];
    const stranded: QueuedItem[] = [];
    const waiting = new Map<string, string>();
    for (const [profile, queue] of [...this.#profiles]) {
      const before = toSend.length;
      // Most deliveries of a profile have one target, whose state is asked for once.
      const known = new Map<string, ListenerState>();
      for (const item of queue.heads()) {
        if (this.#isFull(queue)) break;
        if (!isDue(item, now)) continue;
        const { target } = item.spooled;
        const state = known.get(target) ?? stateOf(profile, target);
        known.set(target, state);
        if (state === 'ready') toSend.push(this.#markDelivering(item, queue));
        else if (state === 'no-listener') stranded.push(this.#markStranded(item));
        else if (!waiting.has(profile)) waiting.set(profile, target);
      }
      if (toSend.length === before) continue;
      this.#profiles.delete(profile);
      this.#profiles.set(profile, queue);
    }
    return { toSend, stranded, waiting };
  }

  /** Applies the outcome of sending a delivery. A delivered or dead one keeps its place until `remove`. */
  settle(id: string, outcome: SendOutcome, now: number, random: number): SendVerdict {
    const item = this.#items.get(id);
    if (item === undefined) throw new Error(`no delivery ${id} is in the queue`);
    if (outcome.kind === 'unsent') item.unsent += 1;
    else if (outcome.kind !== 'no-route') {
      item.tries += 1;
      item.unsent = 0;
    }
    if (outcome.kind !== 'no-route') item.lastStatus = statusOf(outcome);
    const verdict = verdictOf(outcome, item, now, random, this.#rules);
    this.#endAttempt(item, verdict.kind === 'again' ? 'queued' : 'leaving');
    const queue = this.#profiles.get(item.spooled.profile);
    if (queue !== undefined) queue.window = this.#nextWindow(queue.window, verdict);
    if (verdict.kind === 'again') {
      item.dueAt = verdict.at;
      this.#retrying.add(item);
    }
    return verdict;
  }

  /** Puts back a delivery that was dequeued but not sent. */
  requeue(id: string): void {
    const item = this.#items.get(id);
    if (item !== undefined) this.#endAttempt(item, 'queued');
  }

  /** The deliveries that have waited too long, each marked as leaving. */
  expire(now: number): readonly Queued[] {
    if (now < this.#nextExpiry) return [];
    const expired: QueuedItem[] = [];
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    for (const item of this.#items.values()) {
      if (item.expiry <= now && item.state === 'queued') expired.push(item);
      // An item in another state updates #nextExpiry when it is queued again.
      else if (item.state === 'queued') this.#nextExpiry = Math.min(this.#nextExpiry, item.expiry);
    }
    for (const item of expired) item.state = 'leaving';
    return expired;
  }

  /** Marks a queued delivery as leaving; undefined if it is in another state or not here. */
  markLeaving(id: string): Queued | undefined {
    const item = this.#items.get(id);
    if (item?.state !== 'queued') return undefined;
    item.state = 'leaving';
    return item;
  }

  /** Makes a queued delivery due now, even if it is too old. False if it is in another state or not here. */
  sendNow(id: string): boolean {
    const item = this.#items.get(id);
    if (item?.state !== 'queued') return false;
    item.dueAt = 0;
    item.tries = 0;
    item.expiry = Number.POSITIVE_INFINITY;
    return true;
  }

  /** The next moment (epoch ms) at which a delivery becomes due or expires; Infinity for none. */
  nextChangeAt(now: number): number {
    let at = this.#nextExpiry;
    for (const { dueAt } of this.#retrying) if (dueAt > now) at = Math.min(at, dueAt);
    return at;
  }

  hasProfile(profile: string): boolean {
    return this.#profiles.has(profile);
  }

  get(id: string): Queued | undefined {
    return this.#items.get(id);
  }

  /** In the order of arrival. */
  list(): readonly Queued[] {
    return [...this.#items.values()];
  }

  /** The number of the profile's deliveries, and the arrival of the oldest (epoch ms; null for none). */
  sizeOf(profile: string): { readonly size: number; readonly oldest: number | null } {
    const queue = this.#profiles.get(profile);
    return queue === undefined ? { size: 0, oldest: null } : { size: queue.size, oldest: queue.oldest };
  }

  /** Whether the profile must send no more now. If gateways that hang use up `inAll`, a profile may still send one. */
  #isFull({ delivering, window }: ProfileQueue): boolean {
    return delivering >= window || (delivering > 0 && this.#delivering >= this.#rules.inAll);
  }

  #nextWindow(window: number, verdict: SendVerdict): number {
    const { perProfile, mostPerProfile } = this.#rules;
    return verdict.kind === 'delivered' ? Math.min(window + 1, mostPerProfile) : perProfile;
  }

  #markDelivering(item: QueuedItem, queue: ProfileQueue): QueuedItem {
    item.state = 'delivering';
    queue.delivering += 1;
    this.#delivering += 1;
    this.#retrying.delete(item);
    return item;
  }

  #markStranded(item: QueuedItem): QueuedItem {
    item.state = 'leaving';
    this.#retrying.delete(item);
    return item;
  }

  #endAttempt(item: QueuedItem, state: 'queued' | 'leaving'): void {
    const { profile, orderKey } = item.spooled;
    const queue = this.#profiles.get(profile);
    if (queue === undefined) return;
    this.#countDown(item, queue);
    if (state === 'queued') this.#markQueued(item);
    else item.state = state;
    queue.rotate(orderKey);
  }

  #markQueued(item: QueuedItem): void {
    item.state = 'queued';
    this.#nextExpiry = Math.min(this.#nextExpiry, item.expiry);
  }

  #countDown(item: QueuedItem, queue: ProfileQueue): void {
    if (item.state !== 'delivering') return;
    queue.delivering -= 1;
    this.#delivering -= 1;
  }
}

function isDue(item: QueuedItem, now: number): boolean {
  return item.state === 'queued' && item.dueAt <= now && item.expiry > now;
}
