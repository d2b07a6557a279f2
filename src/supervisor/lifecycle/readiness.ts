import { NO_LISTENER_READY } from '../../supervised-status.ts';
import { duration } from '../../util/duration.ts';
import { type Condition, conditionText, includesCondition, servesAny, unmet, without } from './conditions.ts';
import { mustRestart } from './ending.ts';
import { historyAt } from './finish.ts';
import {
  type Effect,
  type GatewayState,
  isServing,
  type Policy,
  type Stamp,
  type StartTimeout,
  type Step,
  unchanged,
} from './state.ts';
import { lateReason } from './text.ts';

/** A condition is met; the gateway is ready once all of them are. */
export function conditionMet(state: GatewayState, condition: Condition, at: number, policy: Policy): Step {
  const { phase } = state;
  const { conditions } = policy;
  if (!isServing(phase) || (policy.managed && phase.pid === null)) return unchanged(state);
  if (includesCondition(phase.met, condition) || !includesCondition(conditions, condition)) {
    return unchanged(state);
  }
  const met = [...phase.met, condition];
  if (unmet(conditions, met).length === 0) {
    return {
      state: {
        ...state,
        phase: { name: 'ready', pid: phase.pid, met, served: true, since: at },
        lastError: null,
      },
      effects: [{ type: 'publish' }, { type: 'clearTimer' }, ...runTimer(state, at, policy)],
    };
  }
  return {
    state: {
      ...state,
      phase: { ...phase, met, served: phase.served || servesAny(conditions, met) },
      lastError: phase.name === 'unready' ? `not ready: ${missing(met, policy)}` : state.lastError,
    },
    effects: [{ type: 'publish' }],
  };
}

/** The timer of the rest of the time that a job may run. */
function runTimer({ generation, spawnedAt }: GatewayState, at: number, { job }: Policy): readonly Effect[] {
  if (job === null || job.timeout === null) return [];
  const ms = Math.max(1, job.timeout - (at - (spawnedAt ?? at)));
  return [{ type: 'startTimer', name: 'runTimeout', generation, ms }];
}

/** A condition is no longer met; a gateway that was ready becomes unready. */
export function conditionLost(
  state: GatewayState,
  condition: Condition,
  reason: string,
  at: number,
  policy: Policy,
): Step {
  const { phase } = state;
  if (!isServing(phase) || !includesCondition(phase.met, condition)) return unchanged(state);
  const met = without(phase.met, condition);
  const { pid, served } = phase;
  return {
    state: {
      ...state,
      phase: phase.name === 'starting' ? { ...phase, met } : { name: 'unready', pid, served, met },
      history: historyAt(state, at, policy),
      lastError: lostText(condition, reason),
    },
    effects: [{ type: 'publish' }],
  };
}

function lostText(condition: Condition, reason: string): string {
  return condition.kind === 'listener' ? `listener ${condition.name} is not ready: ${reason}` : reason;
}

/** A condition has been lost for so long that the gateway hangs. */
export function hung(
  state: GatewayState,
  condition: Condition,
  reason: string,
  moment: Stamp,
  policy: Policy,
): Step {
  const what = condition.kind === 'listener' ? `listener ${condition.name} is hung` : 'it hangs';
  return mustRestart(state, `${what}: ${reason}`, moment, policy);
}

/**
 * The start timeout has passed. If some listeners get requests, the gateway goes on with them; if none does, the start
 * has failed.
 */
export function startTimeout(state: GatewayState, moment: StartTimeout & Stamp, policy: Policy): Step {
  const { phase } = state;
  if (phase.name !== 'starting') return unchanged(state);
  const { pid, met, served } = phase;
  if (servesAny(policy.conditions, met) || !policy.managed) {
    return {
      state: {
        ...state,
        phase: { name: 'unready', pid, met, served },
        lastError: `not ready: ${moment.detail || missing(met, policy)}`,
      },
      effects: [{ type: 'publish' }],
    };
  }
  const detail = moment.detail === '' ? '' : ` (${moment.detail})`;
  const late = `${hindrance(met, policy)} within ${duration(policy.startTimeout)}${detail}`;
  const reason = lateReason(late, moment.lastWords);
  return mustRestart(state, reason, moment, policy);
}

/** What kept every listener, or a gateway without listeners, from being ready. */
function hindrance(met: readonly Condition[], { conditions }: Policy): string {
  const whole = unmet(conditions, met).find(({ kind }) => kind !== 'listener');
  return whole === undefined ? NO_LISTENER_READY : conditionText(whole);
}

function missing(met: readonly Condition[], { conditions }: Policy): string {
  return unmet(conditions, met).map(conditionText).join(', ');
}
