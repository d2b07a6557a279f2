import type { Plan, PlanDiff } from '../types.ts';

/** Profiles whose gateways a change would interrupt, by name. */
export interface Interruptions {
  readonly restarts: readonly string[];
  readonly ends: readonly string[];
}

/**
 * What applying `diff` to the plan `before` would do to the gateways that serve now. A gateway that does not serve
 * (stopped, failed, in backoff, not ready since its start) is interrupted by nothing, and neither is one with a `url:`,
 * which gwproxy does not run. Pure.
 */
export function interruptionsOf(diff: PlanDiff, before: Plan, serving: ReadonlySet<string>): Interruptions {
  const interrupted = new Set(
    before.profiles
      .filter(({ name, launch }) => launch.kind === 'command' && serving.has(name))
      .map(({ name }) => name),
  );
  return {
    restarts: diff.changed
      .filter(({ how, profile }) => how === 'restart' && interrupted.has(profile))
      .map(({ profile }) => profile),
    ends: [...diff.removed, ...diff.replaced].filter((name) => interrupted.has(name)),
  };
}
