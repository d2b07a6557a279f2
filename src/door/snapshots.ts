import { platforms } from '../routing/platforms/index.ts';
import type { Route } from '../routing/route.ts';
import type { Seal } from '../routing/seal.ts';
import { compileRoutes } from '../routing/table/table.ts';
import type { ProfileRules, Snapshot, SupervisorPort } from '../snapshot.ts';
import type { Hold } from './hold/hold.ts';
import type { RuleSet } from './match/rule-set.ts';
import type { Counters } from './upstream/counters.ts';
import type { Leases } from './upstream/leases.ts';
import type { Upstreams } from './upstream/upstreams.ts';
import type { KeyStore } from './verify/tokens/key-store.ts';
import { Verifiers } from './verify/verifiers.ts';

export interface SnapshotsOptions {
  readonly doorId: string;
  readonly supervisor: SupervisorPort;
  readonly upstreams: Upstreams;
  readonly leases: Leases;
  readonly hold: Hold;
  readonly counters: Counters;
  readonly seal: Seal;
  readonly keys: KeyStore;
  /** Called after each snapshot, when all of it is applied. */
  readonly onApplied: () => void;
}

/** Applies snapshots one after another, even if the supervisor publishes one during another. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #waiting: Snapshot[] = [];
  #routes: readonly Route[] | null = null;
  #rules: readonly ProfileRules[] | null = null;
  #ruleSet: RuleSet | null = null;
  #spooling: ReadonlySet<string> = new Set();
  #version = 0;
  #busy = false;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** The rules of the newest snapshot; null before the first. */
  get ruleSet(): RuleSet | null {
    return this.#ruleSet;
  }

  /** Whether the newest snapshot lets the profile's deliveries be spooled. */
  spools(profile: string): boolean {
    return this.#spooling.has(profile);
  }

  /**
   * A call to the supervisor in #applyOne may make it publish the next snapshot at once, which is applied after this
   * one.
   */
  apply(snapshot: Snapshot): void {
    this.#waiting.push(snapshot);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
        this.#applyOne(next);
    } finally {
      this.#busy = false;
    }
  }

  #applyOne({ version, routes, rules, targets }: Snapshot): void {
    if (version <= this.#version) return;
    const { doorId, supervisor, upstreams, leases, hold, counters, seal, keys } = this.#options;
    const before = this.#ruleSet;
    const sameRoutes = before !== null && routes === this.#routes;
    const sameRules = before !== null && rules === this.#rules;
    if (!sameRoutes || !sameRules) {
      this.#ruleSet = {
        table: sameRoutes ? before.table : compileRoutes(routes, platforms, seal),
        verifiers: sameRules ? before.verifiers : new Verifiers(rules, keys),
      };
      this.#routes = routes;
    }
    if (!sameRules) {
      this.#spooling = new Set(
        rules.filter(({ delivery }) => delivery === 'spool').map(({ profile }) => profile),
      );
      this.#rules = rules;
    }
    this.#version = version;
    const unrouted = leases.applyTargets(targets);
    upstreams.apply(targets);
    counters.retain(upstreams.profiles);
    hold.apply((profile, listener) => upstreams.find(profile, listener));
    leases.reportUnrouted(unrouted);
    supervisor.applied(doorId, version);
    this.#options.onApplied();
  }
}
