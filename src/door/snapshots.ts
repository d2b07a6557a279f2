import { platforms } from '../routing/platforms/index.ts';
import type { Route } from '../routing/route.ts';
import type { Seal } from '../routing/seal.ts';
import { compileRoutes, type RouteTable } from '../routing/table.ts';
import type { Snapshot, SupervisorPort } from '../snapshot.ts';
import type { Counters } from './counters.ts';
import type { Hold } from './hold.ts';
import type { Leases } from './leases.ts';
import type { Upstreams } from './upstreams.ts';

export interface SnapshotsOptions {
  readonly doorId: string;
  readonly supervisor: SupervisorPort;
  readonly upstreams: Upstreams;
  readonly leases: Leases;
  readonly hold: Hold;
  readonly counters: Counters;
  readonly seal: Seal;
}

/** Takes snapshots in, one after another, however the supervisor calls. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #waiting: Snapshot[] = [];
  #routes: readonly Route[] | null = null;
  #table: RouteTable | null = null;
  #version = 0;
  #busy = false;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** Of the newest snapshot; null before the first. */
  get table(): RouteTable | null {
    return this.#table;
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

  #take({ version, routes, targets }: Snapshot): void {
    if (version <= this.#version) return;
    const { doorId, supervisor, upstreams, leases, hold, counters, seal } = this.#options;
    if (routes !== this.#routes) {
      this.#table = compileRoutes(routes, platforms, seal);
      this.#routes = routes;
    }
    this.#version = version;
    const left = leases.route(targets);
    upstreams.apply(targets);
    counters.keep(upstreams.profiles);
    hold.apply((profile, listener) => upstreams.find(profile, listener));
    leases.left(left);
    supervisor.applied(doorId, version);
  }
}
