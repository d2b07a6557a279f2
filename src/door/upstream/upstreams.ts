import { buildConnector, Pool } from 'undici';
import type { Limits } from '../../config/types.ts';
import { FOREIGN_HOLDER, stillHolds } from '../../holder.ts';
import type { Address, Target } from '../../snapshot.ts';
import type { Counters } from './counters.ts';
import { KeepAlive, MARGIN } from './keep-alive.ts';
import { type ConnectionObserver, UpstreamConnection } from './upstream-connection.ts';

/** Timeout of a connect in ms. Nothing has been sent before it, so that another try is safe. */
export const CONNECT_TIMEOUT = 2000;

/** How long a connection was idle when the gateway closed it, and how many connections had been opened before. */
interface IdleClose {
  readonly idle: number;
  readonly opened: number;
}

/** One listener in one generation, with its own connections. */
export class Upstream implements ConnectionObserver {
  target: Target;
  readonly now: () => number;
  readonly #limits: Pick<Limits, 'answerTime' | 'idleTime'>;
  readonly #counters: Counters;
  readonly #keepAlive: KeepAlive;
  #pool: Pool | null = null;
  #reuse = 0;
  #opened = 0;
  #idleClose: IdleClose | null = null;

  constructor(target: Target, options: UpstreamsOptions, keepAlive: KeepAlive) {
    this.target = target;
    this.now = options.now;
    this.#limits = options.limits;
    this.#counters = options.counters;
    this.#keepAlive = keepAlive;
  }

  get paths(): readonly string[] {
    return this.target.paths;
  }

  pool(address: Address): Pool {
    this.#pool ??= this.#newPool(address);
    return this.#pool;
  }

  ownerCheck(): () => Error | null {
    const { holders } = this.target;
    return () =>
      holders.every(stillHolds)
        ? null
        : Object.assign(new Error('the gateway no longer holds its port'), { code: FOREIGN_HOLDER });
  }

  opened(): number {
    this.#opened += 1;
    // The observation has expired: new connections may be reused for longer again.
    if (this.#keepAlive.reuse(this.now()) > this.#reuse) this.renew();
    return this.#opened;
  }

  /**
   * A gateway that ends closes its idle connections too, whatever its keep-alive. So an observed close counts only once
   * the gateway answers on a connection that was opened after it.
   */
  answered(number: number): void {
    const idleClose = this.#idleClose;
    if (idleClose === null || number <= idleClose.opened) return;
    this.#idleClose = null;
    if (this.#keepAlive.learn(idleClose.idle, this.now())) this.renew();
  }

  closedIdle(idle: number): void {
    if (this.#idleClose !== null && this.#idleClose.idle <= idle) return;
    this.#idleClose = { idle, opened: this.#opened };
  }

  brokeReused(idle: number): void {
    this.#counters.of(this.target.profile).brokenReuse += 1;
    this.closedIdle(idle);
  }

  /** Closes idle connections now, and the others when their requests have ended. */
  retire(): void {
    // With a callback, close() returns no promise that would need a handler.
    this.#pool?.close(() => undefined);
  }

  /** Uses new connections, with the present limits, from now on; requests in flight go on. */
  renew(): void {
    this.retire();
    this.#pool = null;
  }

  /** Breaks off the requests in flight. */
  destroy(): Promise<void> {
    return this.#pool?.destroy() ?? Promise.resolve();
  }

  /** Whether the target has the same generation and address, so that the connections can be kept. */
  isFor(target: Target): boolean {
    const own = this.target;
    return own.generation === target.generation && isSame(own.address, target.address);
  }

  #newPool(address: Address): Pool {
    const path = 'socket' in address ? { socketPath: address.socket } : {};
    const connector = buildConnector({ ...path, timeout: CONNECT_TIMEOUT });
    this.#reuse = this.#keepAlive.reuse(this.now());
    // undici accepts no 0 here. With pipelining 0 it reuses no connection, and sends Connection: close.
    const longest = Math.max(1, this.#reuse);
    return new Pool(origin(address), {
      headersTimeout: this.#limits.answerTime,
      bodyTimeout: this.#limits.idleTime,
      pipelining: this.#reuse === 0 ? 0 : 1,
      keepAliveTimeout: longest,
      keepAliveMaxTimeout: longest,
      keepAliveTimeoutThreshold: MARGIN,
      factory: (to, options) => new UpstreamConnection(to, options, connector, this),
    });
  }
}

export interface UpstreamsOptions {
  readonly limits: Pick<Limits, 'answerTime' | 'idleTime'>;
  readonly counters: Counters;
  readonly now: () => number;
}

/** The upstreams of the newest snapshot. */
export class Upstreams {
  readonly #options: UpstreamsOptions;
  #profiles: ReadonlyMap<string, readonly Upstream[]> = new Map();
  /** By profile and listener, across generations and pools. */
  #keepAlives: ReadonlyMap<string, ReadonlyMap<string, KeepAlive>> = new Map();

  constructor(options: UpstreamsOptions) {
    this.#options = options;
  }

  /** In the snapshot's order; empty for an unknown profile. */
  of(profile: string): readonly Upstream[] {
    return this.#profiles.get(profile) ?? [];
  }

  find(profile: string, listener: string): Target | undefined {
    return this.of(profile).find((upstream) => upstream.target.listener === listener)?.target;
  }

  get profiles(): ReadonlySet<string> {
    return new Set(this.#profiles.keys());
  }

  apply(targets: readonly Target[]): void {
    const before = this.#all();
    const reused = new Set<Upstream>();
    const profiles = new Map<string, Upstream[]>();
    const keepAlives = new Map<string, Map<string, KeepAlive>>();
    for (const target of targets) {
      const known = this.of(target.profile).find(
        (upstream) => upstream.target.listener === target.listener && upstream.isFor(target),
      );
      const keepAlive = this.#keepAlives.get(target.profile)?.get(target.listener) ?? new KeepAlive();
      const upstream = known ?? new Upstream(target, this.#options, keepAlive);
      upstream.target = target;
      reused.add(upstream);
      const listeners = profiles.get(target.profile);
      if (listeners === undefined) profiles.set(target.profile, [upstream]);
      else listeners.push(upstream);
      const siblings = keepAlives.get(target.profile);
      if (siblings === undefined) keepAlives.set(target.profile, new Map([[target.listener, keepAlive]]));
      else siblings.set(target.listener, keepAlive);
    }
    this.#profiles = profiles;
    this.#keepAlives = keepAlives;
    for (const upstream of before) if (!reused.has(upstream)) upstream.retire();
  }

  renew(): void {
    for (const upstream of this.#all()) upstream.renew();
  }

  async destroy(): Promise<void> {
    const all = this.#all();
    this.#profiles = new Map();
    await Promise.all(all.map((upstream) => upstream.destroy()));
  }

  #all(): readonly Upstream[] {
    return [...this.#profiles.values()].flat();
  }
}

function origin(address: Address): string {
  if ('socket' in address) return 'http://localhost';
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return `http://${host}:${address.port}`;
}

function isSame(one: Address | null, other: Address | null): boolean {
  if (one === null || other === null) return one === other;
  if ('socket' in one) return 'socket' in other && one.socket === other.socket;
  return 'port' in other && one.host === other.host && one.port === other.port;
}
