import type { Plan, PlanDiff } from '../types.ts';

/** Names of the profiles whose gateways a change interrupts. */
export interface Interruptions {
  readonly restarts: readonly string[];
  readonly ends: readonly string[];
}

/**
 * The gateways that applying `diff` to the plan `before` would restart or end. Only gateways in `serving` can be
 * interrupted, and none with a `url:`, since gwproxy does not run it. Pure.
 */
export function interruptionsOf(diff: PlanDiff, before: Plan, serving: ReadonlySet<string>): Interruptions {
  const running = new Set(
    before.profiles
      .filter(({ name, launch }) => launch.kind === 'command' && serving.has(name))
      .map(({ name }) => name),
  );
  return {
    restarts: diff.changed
      .filter(({ how, profile }) => how === 'restart' && running.has(profile))
      .map(({ profile }) => profile),
    ends: [...diff.removed, ...diff.replaced].filter((name) => running.has(name)),
  };
}
