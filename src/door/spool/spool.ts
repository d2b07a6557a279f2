import { setMaxListeners } from 'node:events';
import type { Report } from '../../events.ts';
import { errorCode } from '../../util/errno.ts';
import type { Timer, Timers } from '../../util/timers.ts';
import { DeadLetters } from './dead-letters.ts';
import { type Chosen, isChosen, type SpoolListing, showDead, showQueued } from './listing.ts';
import { Notices } from './notices.ts';
import { Queue, type Queued } from './queue.ts';
import type { SendOutcome } from './send-verdict.ts';
import { CorruptRecord } from './store/record.ts';
import { SpoolRefused } from './store/refused.ts';
import type { DeadLetter, EndReason, Spooled, SpoolRequest } from './store/spooled-delivery.ts';
import type { SpoolStore } from './store/store.ts';
import { Tally } from './tally.ts';
import { type Readiness, WakeRequests } from './wake.ts';

export interface SpoolOptions {
  readonly store: SpoolStore;
  readonly readiness: Readiness;
  /**
   * Sends it once. Where it rejects, nobody knows what came of it, as with a connection that broke. The signal
   * ends it soon.
   */
  readonly send: (request: SpoolRequest, signal: AbortSignal) => Promise<SendOutcome>;
  readonly report: Report;
  readonly timers: Timers;
  /** Epoch ms. */
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly queue?: Queue;
}

export interface SpoolStats {
  /** Waiting for the gateway, or on their way to it. */
  readonly queued: number;
  /** Waiting for the operator. */
  readonly dead: number;
  /** Since the start: acknowledged, and of no use to the gateway any more, or to it never. */
  readonly lost: number;
  /** Since the start. */
  readonly delivered: number;
  /** When the oldest of the queued came, epoch ms; null for none. */
  readonly oldest: number | null;
}

/** Node turns a longer wait into none at all. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Deliveries that are acknowledged before their gateway has them: kept on disk, and brought to it in order. What is
 * accepted is delivered at least once, or told of as dead or lost. It is delivered twice only where the process
 * ends between the gateway's 2xx and the moment at which its removal is on the disk.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #queue: Queue;
  readonly #wakeRequests: WakeRequests;
  readonly #notices: Notices;
  readonly #deadLetters = new DeadLetters();
  readonly #tally = new Tally();
  readonly #work = new Set<Promise<unknown>>();
  readonly #abort = new AbortController();
  #timer: Timer | null = null;
  #closing = false;

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#queue = options.queue ?? new Queue();
    this.#wakeRequests = new WakeRequests(options.readiness);
    this.#notices = new Notices(options.report, options.now);
    // One listener for each delivery under way, of which the queue bounds the number; Node warns from the 11th on.
    setMaxListeners(0, this.#abort.signal);
  }

  /**
   * Takes in what an earlier run left. To be called before the first `accept`, and before anybody relies on
   * `holds`; gives back what waits, in the order of arrival. Rejects with the system's error where the store cannot
   * be used.
   */
  async open(): Promise<readonly Spooled[]> {
    const { spooled, dead, corrupt } = await this.#options.store.open();
    for (const one of spooled) this.#queue.add(one, 'queued');
    for (const one of [...dead].sort((a, b) => a.diedAt - b.diedAt)) this.#deadLetters.add(one);
    for (const { file, reason } of corrupt) this.#options.report({ type: 'spool.corrupt', file, reason });
    this.#dispatch();
    return spooled;
  }

  /**
   * Resolves when it outlives whatever ends the process: only then may its sender be told that it was taken.
   * Rejects with SpoolRefused, which is a 503 to the sender.
   */
  async accept(profile: string, request: Omit<SpoolRequest, 'profile'>): Promise<void> {
    if (this.#closing) throw new SpoolRefused('closed');
    try {
      const { spooled, durable } = this.#options.store.put({ ...request, profile });
      // In the order of arrival, whichever is on the disk first.
      this.#queue.add(spooled, 'writing');
      await this.#track(this.#persist(spooled, durable));
    } catch (error) {
      if (error instanceof SpoolRefused && error.because === 'full') this.#notices.full(profile);
      throw error;
    }
  }

  /** Whether anything of it is spooled, on its way out, or about to be: what comes next must queue behind it. */
  hasSpooled(profile: string): boolean {
    return this.#queue.hasProfile(profile);
  }

  /** To be called whenever a gateway may have become ready, or may be so no more. */
  readinessChanged(): void {
    this.#dispatch();
  }

  /** In the order of arrival. */
  list(): readonly SpoolListing[] {
    const queued = this.#queue.list().filter(({ state }) => state !== 'writing');
    const all = [...queued.map(showQueued), ...this.#deadLetters.list().map(showDead)];
    return all.sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** Sends them once their turn comes, the dead among them; gives back how many. */
  async retry(chosen: Chosen): Promise<number> {
    const waiting = this.#queue.list().filter(({ spooled }) => isChosen(chosen, spooled));
    const expedited = waiting.filter(({ spooled }) => this.#queue.sendNow(spooled.id)).length;
    const requeued = await this.#track(this.#requeueDead(this.#deadLetters.remove(chosen)));
    this.#dispatch();
    return expedited + requeued;
  }

  /** Removes them for good, but for what is on its way to its gateway; gives back how many. */
  async drop(chosen: Chosen): Promise<number> {
    const waiting = this.#queue.list().filter(({ spooled }) => isChosen(chosen, spooled));
    const leaving = waiting.filter(({ spooled }) => this.#queue.markLeaving(spooled.id));
    const all = [...leaving.map(({ spooled }) => spooled), ...this.#deadLetters.remove(chosen)];
    await this.#track(Promise.all(all.map((one) => this.#remove(one))));
    this.#dispatch();
    return all.length;
  }

  /** How many there are of each profile, the dead among them. */
  counts(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    const profiles = [...this.#queue.list().map(({ spooled }) => spooled), ...this.#deadLetters.list()];
    for (const { profile } of profiles) counts.set(profile, (counts.get(profile) ?? 0) + 1);
    return counts;
  }

  stats(profile: string): SpoolStats {
    const { lost, delivered } = this.#tally.of(profile);
    const { size: queued, oldest } = this.#queue.sizeOf(profile);
    const dead = this.#deadLetters.list().filter((one) => one.profile === profile).length;
    return { queued, dead, lost, delivered, oldest };
  }

  /**
   * Accepts and sends nothing more, lets what is on its way end for at most `graceMs`, then breaks it off: it stays
   * spooled. Resolves when nothing is under way.
   */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    const { timers } = this.#options;
    timers.cancel(this.#timer);
    const timer = timers.after(graceMs, () => this.#abort.abort());
    while (this.#work.size > 0) await Promise.allSettled([...this.#work]);
    timers.cancel(timer);
  }

  async #persist(spooled: Spooled, durable: Promise<void>): Promise<void> {
    const { id, profile, target } = spooled;
    try {
      await durable;
    } catch (error) {
      this.#forget(spooled);
      this.#notices.failed(profile, 'keep', error instanceof SpoolRefused ? error.cause : error);
      this.#dispatch();
      throw error;
    }
    this.#queue.markDurable(id);
    // What joins others that wait for the same gateway changes nothing.
    if (
      !this.#wakeRequests.isAwaited(profile) ||
      this.#options.readiness.stateOf(profile, target) !== 'not-ready'
    )
      this.#dispatch();
  }

  /** Sends all that may be sent, and sets the timer for what may be later. */
  #dispatch(): void {
    if (this.#closing) return;
    const { now, readiness } = this.#options;
    const at = now();
    for (const one of this.#queue.expire(at)) this.#run(one.spooled, this.#moveToDead(one, 'expired'));
    for (const one of this.#deadLetters.removeExpired(at)) this.#run(one, this.#remove(one));
    const { toSend, stranded, waiting } = this.#queue.dequeue(at, (profile, target) =>
      readiness.stateOf(profile, target),
    );
    for (const { spooled } of toSend) this.#run(spooled, this.#deliver(spooled));
    for (const one of stranded) this.#run(one.spooled, this.#moveToDead(one, 'no-route'));
    const askAt = this.#wakeRequests.send(waiting, at);
    this.#scheduleDispatch(
      Math.min(askAt, this.#queue.nextChangeAt(at), this.#deadLetters.nextExpiryAt()) - at,
    );
  }

  #scheduleDispatch(ms: number): void {
    const { timers } = this.#options;
    timers.cancel(this.#timer);
    this.#timer =
      ms === Number.POSITIVE_INFINITY
        ? null
        : timers.after(Math.min(ms, LONGEST_TIMER), () => this.#dispatch());
  }

  async #deliver(spooled: Spooled): Promise<void> {
    const { now, random } = this.#options;
    const { id, profile } = spooled;
    const outcome = await this.#send(spooled);
    if (outcome === 'corrupt') this.#forget(spooled);
    else if (this.#closing && outcome.kind !== 'answered') this.#queue.requeue(id);
    else {
      const verdict = this.#queue.settle(id, outcome, now(), random());
      if (verdict.kind === 'delivered') {
        this.#tally.delivered(profile);
        await this.#remove(spooled);
      } else if (verdict.kind === 'dead') {
        const one = this.#queue.get(id);
        if (one !== undefined) await this.#moveToDead(one, verdict.end);
      }
    }
    this.#dispatch();
  }

  async #send({ id, profile }: Spooled): Promise<SendOutcome | 'corrupt'> {
    let request: SpoolRequest;
    try {
      request = await this.#options.store.read(id);
    } catch (error) {
      if (error instanceof CorruptRecord) {
        this.#tally.of(profile).lost += 1;
        this.#options.report({ type: 'spool.corrupt', file: id, reason: error.message });
        return 'corrupt';
      }
      this.#notices.failed(profile, 'read', error);
      return { kind: 'unsent', code: errorCode(error) ?? 'UNKNOWN' };
    }
    try {
      return await this.#options.send(request, this.#abort.signal);
    } catch (error) {
      return { kind: 'broken', code: errorCode(error) ?? 'UNKNOWN' };
    }
  }

  /** Where the disk fails it is gone for this run all the same: it must not block what is behind it. */
  async #remove(spooled: Spooled): Promise<void> {
    try {
      await this.#options.store.remove(spooled.id);
    } catch (error) {
      this.#notices.failed(spooled.profile, 'remove', error);
    }
    this.#forget(spooled);
  }

  /** As with `#remove` where the disk fails. */
  async #moveToDead({ spooled, tries, lastStatus }: Queued, end: EndReason): Promise<void> {
    const { store, report, now } = this.#options;
    const { id, profile, platform } = spooled;
    const how = { end, diedAt: now(), tries, lastStatus };
    if (end === 'tries' || end === 'no-route') {
      report({ type: 'spool.dead', profile, id, platform, reason: end, tries, lastStatus });
    } else {
      this.#tally.of(profile).lost += 1;
      report({ type: 'spool.lost', profile, id, platform, reason: end, lastStatus });
    }
    try {
      await store.moveToDead(id, how);
    } catch (error) {
      this.#notices.failed(profile, 'bury', error);
    }
    this.#deadLetters.add({ ...spooled, ...how });
    this.#forget(spooled);
    this.#dispatch();
  }

  /** The dead that are to be sent again, in the order in which they came; gives back how many. */
  async #requeueDead(dead: readonly DeadLetter[]): Promise<number> {
    const inOrder = [...dead].sort((one, other) => (one.id < other.id ? -1 : 1));
    const moved = await Promise.all(inOrder.map((one) => this.#moveToNew(one)));
    const requeued = inOrder.filter((_, at) => moved[at]);
    for (const one of requeued) {
      this.#queue.add(one, 'queued');
      this.#queue.sendNow(one.id);
    }
    return requeued.length;
  }

  async #moveToNew(dead: DeadLetter): Promise<boolean> {
    try {
      await this.#options.store.moveToNew(dead.id);
      return true;
    } catch (error) {
      this.#deadLetters.add(dead);
      this.#notices.failed(dead.profile, 'bury', error);
      return false;
    }
  }

  #forget({ id, profile }: Spooled): void {
    this.#queue.remove(id);
    if (this.#queue.hasProfile(profile)) return;
    const delivered = this.#tally.takeUnreported(profile);
    if (delivered > 0) this.#options.report({ type: 'spool.drained', profile, delivered });
  }

  /** A failure that nobody foresaw is told of; it ends one delivery, never the process. */
  #run({ profile }: Spooled, work: Promise<void>): void {
    this.#track(work).catch((error: unknown) => this.#notices.failed(profile, 'send', error));
  }

  /** For `close` to wait for. */
  #track<T>(work: Promise<T>): Promise<T> {
    const over = (): void => {
      this.#work.delete(work);
    };
    this.#work.add(work);
    work.then(over, over);
    return work;
  }
}
