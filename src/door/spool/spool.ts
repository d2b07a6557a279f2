import { setMaxListeners } from 'node:events';
import type { Report } from '../../events.ts';
import { errorCode, systemMessage } from '../../util/errno.ts';
import { LONGEST_TIMER, type Timer, type Timers } from '../../util/timers.ts';
import { DeadLetters } from './dead-letters.ts';
import { type Chosen, countByProfile, isChosen, listSpool, type SpoolListing } from './listing.ts';
import { Notices } from './notices.ts';
import { Queue } from './queue.ts';
import type { SendOutcome } from './send-verdict.ts';
import { CorruptRecord } from './store/record.ts';
import { SpoolRefused } from './store/refused.ts';
import type { Spooled, SpoolRequest } from './store/spooled-delivery.ts';
import type { SpoolStore, UnreadableFile } from './store/store.ts';
import { type SpoolStats, Tally } from './tally.ts';
import { Transitions } from './transitions.ts';
import { reportUnreadable, Unreadable } from './unreadable.ts';
import { type GatewayReadiness, WakeRequests } from './wake.ts';

export interface SpoolOptions {
  readonly store: SpoolStore;
  readonly readiness: GatewayReadiness;
  /**
   * Sends a delivery once. A rejection counts as a connection that broke: the gateway may have the delivery. The
   * signal breaks it off.
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

/**
 * Deliveries that are acknowledged before their gateway has them: they are stored on disk and sent in order. An
 * accepted delivery is delivered at least once, or reported as dead or lost. It is delivered twice only if the
 * process ends between the gateway's 2xx and the moment at which its removal is on disk.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #queue: Queue;
  readonly #wakeRequests: WakeRequests;
  readonly #notices: Notices;
  readonly #deadLetters = new DeadLetters();
  readonly #tally = new Tally();
  readonly #transitions: Transitions;
  readonly #unreadable: Unreadable;
  /** Sends and disk writes in progress, which `close` waits for. */
  readonly #work = new Set<Promise<unknown>>();
  readonly #abort = new AbortController();
  #timer: Timer | null = null;
  #closing = false;
  #storeFailure: string | null = null;

  constructor(options: SpoolOptions) {
    const { store, report, now, queue = new Queue() } = options;
    this.#options = options;
    this.#queue = queue;
    this.#wakeRequests = new WakeRequests(options.readiness);
    this.#notices = new Notices(report, now);
    this.#unreadable = new Unreadable(store, this.#notices);
    this.#transitions = new Transitions({
      store,
      queue,
      deadLetters: this.#deadLetters,
      tally: this.#tally,
      notices: this.#notices,
      report,
      now,
    });
    // One listener for each delivery that is being sent, which the queue bounds; Node warns from the 11th on.
    setMaxListeners(0, this.#abort.signal);
  }

  /**
   * Loads what an earlier run left, and resolves with its deliveries in the order of arrival. Must be called before
   * `accept` and `hasSpooled`. Rejects with the system's error if the store cannot be used.
   */
  async open(): Promise<readonly Spooled[]> {
    const { spooled, dead, corrupt, unreadable } = await this.#options.store.open();
    for (const one of spooled) this.#queue.add(one, 'queued');
    for (const one of [...dead].sort((a, b) => a.diedAt - b.diedAt)) this.#deadLetters.add(one);
    reportUnreadable(this.#options.report, corrupt, unreadable);
    this.#dispatch();
    return spooled;
  }

  /**
   * Spools a delivery. Resolves once it outlives a crash and a power loss: only then may its sender get a 2xx. Rejects
   * with SpoolRefused, which the sender gets as 503.
   */
  async accept(profile: string, request: Omit<SpoolRequest, 'profile'>): Promise<void> {
    if (this.#closing) throw new SpoolRefused('closed');
    try {
      const { spooled, durable } = this.#options.store.put({ ...request, profile });
      // Queued before it is on disk, so that the order is that of arrival.
      this.#queue.add(spooled, 'writing');
      await this.#track(this.#persist(spooled, durable));
    } catch (error) {
      if (error instanceof SpoolRefused && error.because === 'full') this.#notices.reportFull(profile);
      throw error;
    }
  }

  /** Whether the profile has deliveries here in any state but dead: later ones must queue behind them. */
  hasSpooled(profile: string): boolean {
    return this.#queue.hasProfile(profile);
  }

  /** Must be called whenever a gateway may have become ready or unready. */
  readinessChanged(): void {
    this.#dispatch();
  }

  /** Why the last delivery could not be stored; null if it could. */
  get storeFailure(): string | null {
    return this.#storeFailure;
  }

  /** In the order of arrival. */
  list(): readonly SpoolListing[] {
    return listSpool(this.#queue.list(), this.#deadLetters.list());
  }

  /** The files that cannot be read, by name. */
  unreadable(): readonly UnreadableFile[] {
    return this.#unreadable.list();
  }

  /**
   * Makes the chosen deliveries due now, dead letters and files that could not be read until now too; resolves with
   * how many.
   */
  async retry(chosen: Chosen): Promise<number> {
    const queued = this.#queue.list().filter(({ spooled }) => isChosen(chosen, spooled));
    const expedited = queued.filter(({ spooled }) => this.#queue.sendNow(spooled.id)).length;
    const requeued = await this.#track(this.#transitions.requeue(this.#deadLetters.remove(chosen)));
    const recovered = await this.#track(this.#unreadable.recover(chosen));
    for (const one of recovered) this.#queue.add(one, 'queued');
    this.#dispatch();
    return expedited + requeued + recovered.length;
  }

  /** Deletes the chosen deliveries except those that are being sent, and the files that cannot be read; resolves with how many. */
  async drop(chosen: Chosen): Promise<number> {
    const queued = this.#queue.list().filter(({ spooled }) => isChosen(chosen, spooled));
    const leaving = queued.filter(({ spooled }) => this.#queue.markLeaving(spooled.id));
    const all = [...leaving.map(({ spooled }) => spooled), ...this.#deadLetters.remove(chosen)];
    await this.#track(Promise.all(all.map((one) => this.#transitions.remove(one))));
    const dropped = await this.#track(this.#unreadable.drop(chosen));
    this.#dispatch();
    return all.length + dropped;
  }

  /** How many deliveries each profile has here, dead letters included. */
  counts(): ReadonlyMap<string, number> {
    return countByProfile(this.#queue.list(), this.#deadLetters.list());
  }

  stats(profile: string): SpoolStats {
    const { lost, delivered } = this.#tally.of(profile);
    const { size: queued, oldest } = this.#queue.sizeOf(profile);
    const dead = this.#deadLetters.list().filter((one) => one.profile === profile).length;
    return { queued, dead, lost, delivered, oldest };
  }

  /**
   * Accepts and sends nothing more. Deliveries that are being sent may finish for at most `graceMs`, and are then
   * broken off; they stay spooled. Resolves when nothing is being sent or written.
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
      const cause = error instanceof SpoolRefused ? error.cause : error;
      this.#storeFailure = systemMessage(cause);
      this.#transitions.forget(spooled);
      this.#notices.reportFailed(profile, 'keep', cause);
      this.#dispatch();
      throw error;
    }
    this.#storeFailure = null;
    this.#queue.markDurable(id);
    const { readiness } = this.#options;
    // One more delivery for a gateway that was asked for already changes nothing.
    if (this.#wakeRequests.isAwaited(profile) && readiness.stateOf(profile, target) === 'not-ready') return;
    this.#dispatch();
  }

  /** Starts to send what may be sent now, and sets the timer for the next change. */
  #dispatch(): void {
    if (this.#closing) return;
    const { now, readiness } = this.#options;
    const at = now();
    for (const one of this.#queue.expire(at))
      this.#run(one.spooled, this.#transitions.moveToDead(one, 'expired'));
    for (const one of this.#deadLetters.removeExpired(at)) this.#run(one, this.#transitions.remove(one));
    const { toSend, stranded, waiting } = this.#queue.dequeue(at, (profile, target) =>
      readiness.stateOf(profile, target),
    );
    for (const { spooled } of toSend) this.#run(spooled, this.#deliver(spooled));
    for (const one of stranded) this.#run(one.spooled, this.#transitions.moveToDead(one, 'no-route'));
    const wakeAt = this.#wakeRequests.send(waiting, at);
    const nextAt = Math.min(wakeAt, this.#queue.nextChangeAt(at), this.#deadLetters.nextExpiryAt());
    this.#scheduleDispatch(nextAt - at);
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
    if (outcome === 'corrupt') {
      this.#transitions.forget(spooled);
      return;
    }
    if (this.#closing && outcome.kind !== 'answered') {
      this.#queue.requeue(id);
      return;
    }
    const verdict = this.#queue.settle(id, outcome, now(), random());
    if (verdict.kind === 'delivered') {
      this.#tally.delivered(profile);
      await this.#transitions.remove(spooled);
    } else if (verdict.kind === 'dead') {
      const one = this.#queue.get(id);
      if (one !== undefined) await this.#transitions.moveToDead(one, verdict.end);
    }
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
      this.#notices.reportFailed(profile, 'read', error);
      return { kind: 'unsent', code: errorCode(error) ?? 'UNKNOWN' };
    }
    try {
      return await this.#options.send(request, this.#abort.signal);
    } catch (error) {
      return { kind: 'broken', code: errorCode(error) ?? 'UNKNOWN' };
    }
  }

  /**
   * Does the work in the background, then sends what may be sent after it. An unexpected failure ends one delivery
   * only.
   */
  #run({ profile }: Spooled, work: Promise<void>): void {
    this.#track(work.then(() => this.#dispatch())).catch((error: unknown) =>
      this.#notices.reportFailed(profile, 'send', error),
    );
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const done = (): boolean => this.#work.delete(work);
    this.#work.add(work);
    work.then(done, done);
    return work;
  }
}
