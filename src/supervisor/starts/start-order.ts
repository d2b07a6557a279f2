import type { Event } from '../../events.ts';
import { type GatewayState, isEnding } from '../lifecycle/state.ts';

/** Gateways that wait for others to have started first, as their `after` says. */
export class StartOrder {
  readonly #lifeOf: (name: string) => GatewayState | undefined;
  readonly #waiting = new Map<string, readonly string[]>();

  /** `lifeOf` knows nothing of a name that no gateway has. */
  constructor(lifeOf: (name: string) => GatewayState | undefined) {
    this.#lifeOf = lifeOf;
  }

  has(name: string): boolean {
    return this.#waiting.has(name);
  }

  wait(name: string, after: readonly string[]): void {
    this.#waiting.set(name, after);
  }

  /** It waits no longer, whatever it waited for. */
  forget(name: string): void {
    this.#waiting.delete(name);
  }

  clear(): void {
    this.#waiting.clear();
  }

  /** Takes out the first that has nothing to wait for any more. */
  dequeue(): string | undefined {
    for (const name of this.#waiting.keys()) {
      if (this.waitsFor(name).length > 0) continue;
      this.#waiting.delete(name);
      return name;
    }
    return undefined;
  }

  /** Those in its `after` that have not settled yet; none where it does not wait. */
  waitsFor(name: string): readonly string[] {
    const after = this.#waiting.get(name) ?? [];
    return after.filter((other) => this.#waiting.has(other) || isStarting(this.#lifeOf(other)));
  }
}

/** Neither ready nor with a reason why not. One that is not to start at all holds nobody up. */
export function isStarting(life: GatewayState | undefined): boolean {
  if (life === undefined) return false;
  const { phase } = life;
  if (isEnding(phase)) return phase.after.kind === 'start' || phase.after.kind === 'judge';
  return phase.name === 'starting';
}

/** What holds up a start that nothing else does: see starts.ts. */
export const WAITS_FOR_TURN = 'waits for its turn: so many others start now (start_concurrency)';

export function waitText(names: readonly string[]): string {
  return `waits for ${names.join(', ')}`;
}

export function waitEvent(
  profile: string,
  { phase, generation }: GatewayState,
  names: readonly string[],
): Event {
  return {
    type: 'gateway.state',
    profile,
    state: phase.name,
    generation,
    pid: null,
    unfit: false,
    reason: waitText(names),
    nextStartAt: null,
  };
}
