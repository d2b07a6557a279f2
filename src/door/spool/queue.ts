import {
  expiryOf,
  judge,
  RETRY_RULES,
  type RetryRules,
  type SendOutcome,
  type SendVerdict,
  statusOf,
} from './send-verdict.ts';
import type { Spooled, Tries } from './store/spooled-delivery.ts';
import type { ListenerState } from './wake.ts';

export interface QueueRules extends RetryRules {
  /** Deliveries that are sent at once to one profile at first, each of another order key. */
  readonly perProfile: number;
  /** The same once it has taken many: one more with each, or what comes in would outrun what goes out for ever. */
  readonly mostPerProfile: number;
  /** Deliveries that are sent at once, each with its body in memory; beyond it, one of each profile that has none. */
  readonly inAll: number;
  /** Ms after its arrival that a delivery may wait, whatever its credentials say. */
  readonly longestWait: number;
}

export const QUEUE_RULES: QueueRules = {
  ...RETRY_RULES,
  perProfile: 4,
  mostPerProfile: 16,
  inAll: 32,
  longestWait: 24 * 60 * 60 * 1000,
};

/**
 * writing: it has its place in the order, and is not on the disk yet. leaving: what became of it is being written
 * to the disk. Whatever is behind it waits in all states.
 */
export type QueuedState = 'writing' | 'queued' | 'delivering' | 'leaving';

export interface Queued extends Tries {
  readonly spooled: Spooled;
  readonly state: QueuedState;
}

export interface Dequeued {
  readonly toSend: readonly Queued[];
  /** Those that no listener is there for, each marked as leaving. */
  readonly stranded: readonly Queued[];
  /** The profiles of which a delivery only waits for its gateway, each with that delivery's target. */
  readonly waiting: ReadonlyMap<string, string>;
}

interface Item extends Queued {
  state: QueuedState;
  tries: number;
  unsent: number;
  lastStatus: string | null;
  /** Epoch ms before which it is not sent. */
  dueAt: number;
  /** Epoch ms. */
  expiry: number;
}

/** What must stay in order, the oldest first; it is never empty. */
type Lane = Item[];

interface Line {
  /** By order key; null is that of all that name none. */
  readonly lanes: Map<string | null, Lane>;
  /** So many may be under way at once. */
  window: number;
  delivering: number;
  size: number;
}

/**
 * Which delivery may be sent now, and what its outcome means. Of one order key at most one is under way, in the
 * order of arrival. Nothing here knows of a disk or a clock: time and chance are arguments.
 */
export class Queue {
  readonly #rules: QueueRules;
  readonly #lines = new Map<string, Line>();
  readonly #items = new Map<string, Item>();
  /** Those that were sent in vain, until they are sent again. */
  readonly #retrying = new Set<Item>();
  #delivering = 0;
  /** No item expires before it. */
  #nextExpiry = Number.POSITIVE_INFINITY;

  constructor(rules: QueueRules = QUEUE_RULES) {
    this.#rules = rules;
  }

  /** The last place in its order; `state` is 'queued' for one that is on the disk already. */
  add(spooled: Spooled, state: 'writing' | 'queued'): void {
    const expiry = expiryOf(spooled, this.#rules.longestWait);
    const item: Item = { spooled, state, tries: 0, unsent: 0, lastStatus: null, dueAt: 0, expiry };
    let line = this.#lines.get(spooled.profile);
    if (line === undefined) {
      line = { lanes: new Map(), window: this.#rules.perProfile, delivering: 0, size: 0 };
      this.#lines.set(spooled.profile, line);
    }
    const lane = line.lanes.get(spooled.orderKey);
    if (lane === undefined) line.lanes.set(spooled.orderKey, [item]);
    else lane.push(item);
    line.size += 1;
    this.#items.set(spooled.id, item);
    if (state === 'queued') this.#markQueued(item);
  }

  /** It is on the disk: it may be sent when its turn comes. */
  markDurable(id: string): void {
    const item = this.#items.get(id);
    if (item?.state === 'writing') this.#markQueued(item);
  }

  /** It is no more; whatever waited behind it may go. */
  remove(id: string): void {
    const item = this.#items.get(id);
    if (item === undefined) return;
    const { profile, orderKey } = item.spooled;
    const line = this.#lines.get(profile);
    const lane = line?.lanes.get(orderKey);
    if (line === undefined || lane === undefined) return;
    this.#endDelivering(item, line);
    this.#retrying.delete(item);
    this.#items.delete(id);
    lane.splice(lane.indexOf(item), 1);
    line.size -= 1;
    if (lane.length === 0) line.lanes.delete(orderKey);
    if (line.size === 0) this.#lines.delete(profile);
  }

  /** What may be sent now, each marked as under way: in turn by profile, and by order key within it. */
  dequeue(now: number, stateOf: (profile: string, target: string) => ListenerState): Dequeued {
    const toSend: Item[] = [];
    const stranded: Item[] = [];
    const waiting = new Map<string, string>();
    for (const [profile, line] of [...this.#lines]) {
      const before = toSend.length;
      // Mostly one for all: asked once, however many wait.
      const known = new Map<string, ListenerState>();
      for (const [item] of line.lanes.values()) {
        if (this.#isFull(line)) break;
        if (item === undefined || !isDue(item, now)) continue;
        const { target } = item.spooled;
        const state = known.get(target) ?? stateOf(profile, target);
        known.set(target, state);
        if (state === 'ready') toSend.push(this.#markDelivering(item, line));
        else if (state === 'no-listener') stranded.push(this.#markStranded(item));
        else if (!waiting.has(profile)) waiting.set(profile, target);
      }
      if (toSend.length > before) moveToEnd(this.#lines, profile, line);
    }
    return { toSend, stranded, waiting };
  }

  /** What came of sending it; what is delivered or dead keeps its place until `remove`. */
  settle(id: string, outcome: SendOutcome, now: number, random: number): SendVerdict {
    const item = this.#items.get(id);
    if (item === undefined) throw new Error(`no delivery ${id} is in the queue`);
    if (outcome.kind === 'unsent') item.unsent += 1;
    else if (outcome.kind !== 'no-route') {
      item.tries += 1;
      item.unsent = 0;
    }
    if (outcome.kind !== 'no-route') item.lastStatus = statusOf(outcome);
    const verdict = judge(outcome, item, now, random, this.#rules);
    this.#endTurn(item, verdict.kind === 'again' ? 'queued' : 'leaving');
    const line = this.#lines.get(item.spooled.profile);
    if (line !== undefined) line.window = this.#nextWindow(line.window, verdict);
    if (verdict.kind === 'again') {
      item.dueAt = verdict.at;
      this.#retrying.add(item);
    }
    return verdict;
  }

  /** It was not sent after all: as before it was taken. */
  requeue(id: string): void {
    const item = this.#items.get(id);
    if (item !== undefined) this.#endTurn(item, 'queued');
  }

  /** What has waited too long, each marked as leaving. */
  expire(now: number): readonly Queued[] {
    if (now < this.#nextExpiry) return [];
    const expired: Item[] = [];
    this.#nextExpiry = Number.POSITIVE_INFINITY;
    for (const item of this.#items.values()) {
      if (item.expiry <= now && item.state === 'queued') expired.push(item);
      // What is under way or being written is looked at once it waits again.
      else if (item.state === 'queued') this.#nextExpiry = Math.min(this.#nextExpiry, item.expiry);
    }
    for (const item of expired) item.state = 'leaving';
    return expired;
  }

  /** Marks it as leaving where it waits; undefined where it does not. */
  markLeaving(id: string): Queued | undefined {
    const item = this.#items.get(id);
    if (item?.state !== 'queued') return undefined;
    item.state = 'leaving';
    return item;
  }

  /** The operator wants it sent now, be it too old or not. False where it is under way, or not here. */
  sendNow(id: string): boolean {
    const item = this.#items.get(id);
    if (item?.state !== 'queued') return false;
    item.dueAt = 0;
    item.tries = 0;
    item.expiry = Number.POSITIVE_INFINITY;
    return true;
  }

  /** The next moment (epoch ms) at which time alone changes anything; Infinity for none. */
  nextChangeAt(now: number): number {
    let at = this.#nextExpiry;
    for (const { dueAt } of this.#retrying) if (dueAt > now) at = Math.min(at, dueAt);
    return at;
  }

  hasProfile(profile: string): boolean {
    return this.#lines.has(profile);
  }

  get(id: string): Queued | undefined {
    return this.#items.get(id);
  }

  /** In the order of arrival. */
  list(): readonly Queued[] {
    return [...this.#items.values()];
  }

  /** How many, and when the oldest came (epoch ms; null for none). */
  sizeOf(profile: string): { readonly size: number; readonly oldest: number | null } {
    const line = this.#lines.get(profile);
    if (line === undefined) return { size: 0, oldest: null };
    const heads = [...line.lanes.values()].flatMap(([item]) => item?.spooled.receivedAt ?? []);
    return { size: line.size, oldest: heads.reduce((one, other) => Math.min(one, other)) };
  }

  /** Gateways that hang keep their places for long; no other one's deliveries wait for that. */
  #isFull({ delivering, window }: Line): boolean {
    return delivering >= window || (delivering > 0 && this.#delivering >= this.#rules.inAll);
  }

  #nextWindow(window: number, verdict: SendVerdict): number {
    const { perProfile, mostPerProfile } = this.#rules;
    return verdict.kind === 'delivered' ? Math.min(window + 1, mostPerProfile) : perProfile;
  }

  #markDelivering(item: Item, line: Line): Item {
    item.state = 'delivering';
    line.delivering += 1;
    this.#delivering += 1;
    this.#retrying.delete(item);
    return item;
  }

  #markStranded(item: Item): Item {
    item.state = 'leaving';
    this.#retrying.delete(item);
    return item;
  }

  #endTurn(item: Item, state: 'queued' | 'leaving'): void {
    const { profile, orderKey } = item.spooled;
    const line = this.#lines.get(profile);
    if (line === undefined) return;
    this.#endDelivering(item, line);
    if (state === 'queued') this.#markQueued(item);
    else item.state = state;
    const lane = line.lanes.get(orderKey);
    // Its order key has had its turn.
    if (lane !== undefined) moveToEnd(line.lanes, orderKey, lane);
  }

  #markQueued(item: Item): void {
    item.state = 'queued';
    this.#nextExpiry = Math.min(this.#nextExpiry, item.expiry);
  }

  #endDelivering(item: Item, line: Line): void {
    if (item.state !== 'delivering') return;
    line.delivering -= 1;
    this.#delivering -= 1;
  }
}

function isDue(item: Item, now: number): boolean {
  return item.state === 'queued' && item.dueAt <= now && item.expiry > now;
}

function moveToEnd<Key, Value>(map: Map<Key, Value>, key: Key, value: Value): void {
  map.delete(key);
  map.set(key, value);
}
