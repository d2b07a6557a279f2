import type { ProfilePlan } from '../config/types.ts';
import type { Report } from '../events.ts';
import type { LifeEvent } from './life.ts';
import { Prober } from './prober.ts';
import { reachable } from './targets.ts';

export interface ProbersOptions {
  readonly profile: () => ProfilePlan;
  readonly ports: () => ReadonlyMap<string, number>;
  /** The gateway's processes. */
  readonly processes: () => Promise<readonly number[]>;
  readonly report: Report;
  /** Epoch ms. */
  readonly now: () => number;
  readonly verdict: (event: LifeEvent) => void;
}

/** The probes of every listener of one gateway: one set a generation. */
export class Probers {
  readonly #options: ProbersOptions;
  readonly #probers = new Map<string, Prober>();

  constructor(options: ProbersOptions) {
    this.#options = options;
  }

  start(generation: number): void {
    this.end();
    const { ports, now, verdict } = this.#options;
    for (const { name: listener, host, health } of this.#options.profile().listeners) {
      const port = ports().get(listener);
      if (port === undefined) throw new Error(`listener '${listener}' has no port to probe`);
      const prober = new Prober({
        host: reachable(host),
        port,
        health,
        now,
        ready: () => verdict({ type: 'listenerReady', generation, listener }),
        lost: (reason) => verdict({ type: 'listenerLost', generation, listener, reason }),
      });
      this.#probers.set(listener, prober);
    }
  }

  /** Which listeners do not answer, on which port, and what was met there; '' where all do. */
  failing(): string {
    const ports = this.#options.ports();
    return [...this.#probers]
      .filter(([, { lastFailure }]) => lastFailure !== null)
      .map(([name, { lastFailure }]) => `${name} on port ${ports.get(name)}: ${lastFailure}`)
      .join('; ');
  }

  end(): void {
    for (const prober of this.#probers.values()) prober.end();
    this.#probers.clear();
  }

  /** A door could not connect; `code` is the system's. */
  failed(listener: string, code: string): void {
    this.#probers.get(listener)?.failed(code);
  }
}
