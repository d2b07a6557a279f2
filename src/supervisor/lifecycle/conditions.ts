import type { ProfilePlan } from '../../config/types.ts';

/** Something that must hold for a gateway to be ready. It is ready while all of its conditions are met. */
export type Condition =
  /** That listener answers its probes. */
  | { readonly kind: 'listener'; readonly name: string }
  /** It has lived for `ready_after`. */
  | { readonly kind: 'lived' }
  /** A line of its output contained the text of `ready_log`. */
  | { readonly kind: 'log' }
  /** Its health command exits with 0. */
  | { readonly kind: 'command' }
  /** It has sent the message 'ready'. */
  | { readonly kind: 'ipc' };

/** The conditions of a profile's gateway: at least one, and each listener is one of them. */
export function conditionsOf({
  listeners,
  ready,
}: Pick<ProfilePlan, 'listeners' | 'ready'>): readonly Condition[] {
  return [
    ...listeners.map(({ name }): Condition => ({ kind: 'listener', name })),
    ...(ready.kind === 'listeners' ? [] : [{ kind: ready.kind }]),
  ];
}

export function includesCondition(conditions: readonly Condition[], condition: Condition): boolean {
  return conditions.some((each) => isSame(each, condition));
}

/** The conditions that are not met, in the order of `conditions`. */
export function unmet(conditions: readonly Condition[], met: readonly Condition[]): readonly Condition[] {
  return conditions.filter((condition) => !includesCondition(met, condition));
}

export function without(conditions: readonly Condition[], condition: Condition): readonly Condition[] {
  return conditions.filter((each) => !isSame(each, condition));
}

/**
 * Whether that listener gets requests: it answers its probes, and every condition that concerns the gateway as a whole
 * is met. Another listener that does not answer hinders it not.
 */
export function servesListener(
  conditions: readonly Condition[],
  met: readonly Condition[],
  name: string,
): boolean {
  if (!includesCondition(met, { kind: 'listener', name })) return false;
  return unmet(conditions, met).every(({ kind }) => kind === 'listener');
}

/** Whether any listener gets requests. */
export function servesAny(conditions: readonly Condition[], met: readonly Condition[]): boolean {
  return conditions.some((each) => each.kind === 'listener' && servesListener(conditions, met, each.name));
}

/** A condition that is not met, for the operator. */
export function conditionText(condition: Condition): string {
  switch (condition.kind) {
    case 'listener':
      return condition.name;
    case 'lived':
      return 'it has not lived for its ready_after';
    case 'log':
      return 'no line of its output held the text of ready_log';
    case 'command':
      return 'its health command did not succeed';
    case 'ipc':
      return "it has not sent 'ready' with process.send";
  }
}

function isSame(a: Condition, b: Condition): boolean {
  if (a.kind === 'listener') return b.kind === 'listener' && a.name === b.name;
  return a.kind === b.kind;
}
