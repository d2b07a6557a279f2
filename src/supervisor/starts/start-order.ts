import type { Event } from '../../events.ts';
import { type GatewayState, isEnding } from '../lifecycle/state.ts';

/** The gateways that wait until those in their `after` have started. */
export class StartOrder {
  readonly #stateOf: (name: string) => GatewayState | undefined;
  readonly #waiting = new Map<string, readonly string[]>();

  /** `stateOf` is undefined for a name that no gateway has. */
  constructor(stateOf: (name: string) => GatewayState | undefined) {
    this.#stateOf = stateOf;
  }

  has(name: string): boolean {
    return this.#waiting.has(name);
  }

  wait(name: string, after: readonly string[]): void {
    this.#waiting.set(name, after);
  }

  forget(name: string): void {
    this.#waiting.delete(name);
  }

  clear(): void {
    this.#waiting.clear();
  }

  /** Removes and returns the first gateway that no longer waits for any other; undefined if there is none. */
  dequeue(): string | undefined {
    for (const name of this.#waiting.keys()) {
      if (this.waitsFor(name).length > 0) continue;
      this.#waiting.delete(name);
      return name;
    }
    return undefined;
  }

  /** Those in its `after` that have neither started nor failed; none if it does not wait. */
  waitsFor(name: string): readonly string[] {
    const after = this.#waiting.get(name) ?? [];
    return after.filter((other) => this.#waiting.has(other) || isStarting(this.#stateOf(other)));
  }
}

/** Whether it has neither started nor failed. A gateway that will not start delays no other. */
export function isStarting(state: GatewayState | undefined): boolean {
  if (state === undefined) return false;
  const { phase } = state;
  if (isEnding(phase)) return phase.after.kind === 'start' || phase.after.kind === 'policy';
  return phase.name === 'starting' || (phase.name === 'backoff' && phase.requested);
}

export function waitText(names: readonly string[]): string {
  return `waits for ${names.join(', ')}`;
}

/** The event that reports that a gateway does not start yet. */
export function waitEvent(profile: string, { phase, generation }: GatewayState, reason: string): Event {
  return {
    type: 'gateway.state',
    profile,
    state: phase.name,
    generation,
    pid: null,
    unfit: false,
    reason,
    nextStartAt: null,
  };
}
