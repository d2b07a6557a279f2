import { platforms } from '../routing/platforms/index.ts';
import type { Route } from '../routing/route.ts';
import type { Seal } from '../routing/seal.ts';
import { compileRoutes, type RouteTable } from '../routing/table.ts';
import type { ProfileRules, Snapshot, SupervisorPort } from '../snapshot.ts';
import type { Counters } from './counters.ts';
import type { Hold } from './hold.ts';
import type { Leases } from './leases.ts';
import type { Upstreams } from './upstreams.ts';
import { Verifiers } from './verify/index.ts';
import type { KeyStore } from './verify/key-store.ts';

export interface SnapshotsOptions {
  readonly doorId: string;
  readonly supervisor: SupervisorPort;
  readonly upstreams: Upstreams;
  readonly leases: Leases;
  readonly hold: Hold;
  readonly counters: Counters;
  readonly seal: Seal;
  readonly keys: KeyStore;
  /** Told of each snapshot, once all of it is taken in. */
  readonly taken: () => void;
}

/** Takes snapshots in, one after another, however the supervisor calls. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #waiting: Snapshot[] = [];
  #routes: readonly Route[] | null = null;
  #table: RouteTable | null = null;
  #rules: readonly ProfileRules[] | null = null;
  #verifiers: Verifiers;
  #spooling: ReadonlySet<string> = new Set();
  #version = 0;
  #busy = false;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#verifiers = new Verifiers([], options.keys);
  }

  /** Of the newest snapshot; null before the first. */
  get table(): RouteTable | null {
    return this.#table;
  }

  /** Of the newest snapshot; before the first there are none. */
  get verifiers(): Verifiers {
    return this.#verifiers;
  }

  /** Whether the newest snapshot wants that profile's deliveries kept while it is away. */
  spools(profile: string): boolean {
    return this.#spooling.has(profile);
  }

  /** What is told below may make the supervisor publish the next one at once: that one waits its turn. */
  apply(snapshot: Snapshot): void {
    this.#waiting.push(snapshot);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
        this.#take(next);
    } finally {
      this.#busy = false;
    }
  }

  #take({ version, routes, rules, targets }: Snapshot): void {
    if (version <= this.#version) return;
    const { doorId, supervisor, upstreams, leases, hold, counters, seal, keys } = this.#options;
    if (routes !== this.#routes) {
      this.#table = compileRoutes(routes, platforms, seal);
      this.#routes = routes;
    }
    if (rules !== this.#rules) {
      this.#verifiers = new Verifiers(rules, keys);
      this.#spooling = new Set(
        rules.filter(({ delivery }) => delivery === 'spool').map(({ profile }) => profile),
      );
      this.#rules = rules;
    }
    this.#version = version;
    const left = leases.route(targets);
    upstreams.apply(targets);
    counters.keep(upstreams.profiles);
    hold.apply((profile, listener) => upstreams.find(profile, listener));
    leases.left(left);
    supervisor.applied(doorId, version);
    this.#options.taken();
  }
}
