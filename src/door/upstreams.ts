import { Pool } from 'undici';
import type { Limits } from '../config/types.ts';
import type { Address, Target } from '../snapshot.ts';

/**
 * Below what any gateway was seen to keep an idle connection (gunicorn 2 s, uvicorn and Node 5 s), since one
 * that it closes just as we write is a request lost. A new connection on loopback costs about 0.1 ms.
 */
const IDLE = 1000;
/** A listener that takes no connection on loopback within this is not there; nothing was sent to it yet. */
export const CONNECT_TIMEOUT = 2000;

/** One listener in one generation, with the connections that were opened to it and to no other. */
export class Upstream {
  target: Target;
  readonly #limits: Pick<Limits, 'answerTime' | 'idleTime'>;
  #pool: Pool | null = null;

  constructor(target: Target, limits: Pick<Limits, 'answerTime' | 'idleTime'>) {
    this.target = target;
    this.#limits = limits;
  }

  get paths(): readonly string[] {
    return this.target.paths;
  }

  pool(address: Address): Pool {
    this.#pool ??= new Pool(origin(address), {
      ...('socket' in address ? { socketPath: address.socket } : {}),
      connectTimeout: CONNECT_TIMEOUT,
      headersTimeout: this.#limits.answerTime,
      bodyTimeout: this.#limits.idleTime,
      keepAliveTimeout: IDLE,
      keepAliveMaxTimeout: IDLE,
    });
    return this.#pool;
  }

  /** Closes idle connections now, and each other one when what is in flight on it has ended. */
  retire(): void {
    // The callback only says when the last one has; without it a promise would have to be watched.
    this.#pool?.close(() => undefined);
  }

  /** What is sent from now on goes by the limits as they are now; what is in flight goes on. */
  renew(): void {
    this.retire();
    this.#pool = null;
  }

  /** Breaks off what is in flight. */
  destroy(): Promise<void> {
    return this.#pool?.destroy() ?? Promise.resolve();
  }

  /** The same listener of the same life: its connections may go on. */
  isFor(target: Target): boolean {
    const own = this.target;
    return own.generation === target.generation && isSame(own.address, target.address);
  }
}

/** Every target of the newest snapshot. */
export class Upstreams {
  readonly #limits: Pick<Limits, 'answerTime' | 'idleTime'>;
  #profiles: ReadonlyMap<string, readonly Upstream[]> = new Map();

  constructor(limits: Pick<Limits, 'answerTime' | 'idleTime'>) {
    this.#limits = limits;
  }

  /** In the snapshot's order; empty for a profile that it does not name. */
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
    const kept = new Set<Upstream>();
    const profiles = new Map<string, Upstream[]>();
    for (const target of targets) {
      const known = this.of(target.profile).find(
        (upstream) => upstream.target.listener === target.listener && upstream.isFor(target),
      );
      const upstream = known ?? new Upstream(target, this.#limits);
      upstream.target = target;
      kept.add(upstream);
      const listeners = profiles.get(target.profile);
      if (listeners === undefined) profiles.set(target.profile, [upstream]);
      else listeners.push(upstream);
    }
    this.#profiles = profiles;
    for (const upstream of before) if (!kept.has(upstream)) upstream.retire();
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
