import type { ProfilePlan, RestartPolicy, StopPolicy } from '../../config/types.ts';
import type { LastWords } from '../last-words/last-words.ts';
import { type Condition, conditionsOf, servesListener } from './conditions.ts';
import type { End, RestartHistory } from './restart-policy.ts';

/**
 * The desired state. 'demand': the gateway sleeps, or is ending in order to sleep, until a request needs it; a job waits
 * for the next moment of its schedule. An operator's stop makes it 'down', which neither overrides.
 */
export type Desired = 'up' | 'down' | 'demand';

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Epoch ms. */
  readonly at: number;
  /** How many ms it had run. */
  readonly uptime: number;
}

/** The step that follows once a gateway that is ending has no process left. */
export type AfterExit =
  | { readonly kind: 'stop' }
  /** `reason`: why gwproxy restarts it by itself; null if the operator or a request wants it. */
  | { readonly kind: 'start'; readonly reason: string | null }
  /** It was idle, and sleeps until its next request. */
  | { readonly kind: 'sleep' }
  /** The restart policy decides. */
  | { readonly kind: 'policy'; readonly end: End };

interface Serving {
  /** Null until it is spawned, and always for a `url:` profile. */
  readonly pid: number | null;
  /** The conditions that are met, in no order. */
  readonly met: readonly Condition[];
  /** It or one of its listeners has been ready in this generation, so doors may hold leases on it. */
  readonly served: boolean;
}

export type ServingPhase = Serving &
  (
    | {
        readonly name: 'starting';
        /** How or why the last generation ended, if this one restarts it without a wait; else null. */
        readonly restartedAfter: string | null;
      }
    /** `since` is epoch ms. */
    | { readonly name: 'ready'; readonly since: number }
    | { readonly name: 'unready' }
  );

export type EndingPhase =
  | { readonly name: 'draining'; readonly pid: number | null; readonly after: AfterExit }
  | {
      readonly name: 'stopping';
      readonly pid: number | null;
      readonly after: AfterExit;
      /** The grace is over: SIGKILL is sent. */
      readonly kill: boolean;
      /** The leader has ended; other processes of its tree are left. */
      readonly exited: boolean;
    };

export type Phase =
  | { readonly name: 'stopped' }
  | { readonly name: 'failed' }
  /** `nextStartAt` is epoch ms. `requested`: its exit code has asked for the restart, so its start has not failed. */
  | { readonly name: 'backoff'; readonly nextStartAt: number; readonly requested: boolean }
  | ServingPhase
  | EndingPhase;

/** The state of one gateway, which the reducer alone changes. */
export interface GatewayState {
  readonly phase: Phase;
  readonly desired: Desired;
  /** The current generation, or the last one; 0 before the first. */
  readonly generation: number;
  /** Epoch ms; null while there is no process. */
  readonly spawnedAt: number | null;
  /** Starts after a crash or a failed start. Those that an operator or an exit code asked for do not count. */
  readonly restarts: number;
  readonly history: RestartHistory;
  readonly lastExit: Exit | null;
  /** Why it is not ready; null once it is. */
  readonly lastError: string | null;
}

/** The part of a profile that the reducer needs. Durations are in ms. */
export interface Policy {
  /** False for a `url:` profile. */
  readonly managed: boolean;
  readonly start: ProfilePlan['start'];
  readonly startTimeout: number;
  readonly idleTimeout: number | null;
  readonly conditions: readonly Condition[];
  /** Null unless it is ready once it has lived for so long. */
  readonly readyAfter: number | null;
  /** Null unless it is a job, which may run for `timeout` ms (null: for any time). */
  readonly job: { readonly timeout: number | null } | null;
  readonly restart: RestartPolicy;
  readonly stop: StopPolicy;
}

export type TimerName =
  | 'startTimeout'
  | 'readyAfter'
  | 'runTimeout'
  | 'drainTimeout'
  | 'graceTimeout'
  | 'backoffElapsed';

/**
 * An event of a gateway; `Stamp` adds the moment. An event with a generation counts only while that generation is the
 * current one.
 */
export type GatewayEvent =
  /** From the operator or at start-up. */
  | { readonly type: 'start' }
  | { readonly type: 'stop'; readonly atOnce: boolean }
  | { readonly type: 'restart' }
  /** From its schedule; `reason` is for the operator. */
  | { readonly type: 'scheduledRestart'; readonly reason: string }
  | { readonly type: 'scheduledRun' }
  /** From a door. */
  | { readonly type: 'ensureReady' }
  /** Its policy has changed. */
  | { readonly type: 'reconfigured' }
  /** From gateway.ts, which carries out the effects. */
  | { readonly type: 'spawned'; readonly generation: number; readonly pid: number }
  | { readonly type: 'spawnFailed'; readonly generation: number; readonly reason: string }
  | { readonly type: 'conditionMet'; readonly generation: number; readonly condition: Condition }
  | {
      readonly type: 'conditionLost';
      readonly generation: number;
      readonly condition: Condition;
      readonly reason: string;
    }
  | {
      readonly type: 'exited';
      readonly generation: number;
      readonly code: number | null;
      readonly signal: string | null;
      readonly lastWords: LastWords;
      /** Other processes of its tree are left. */
      readonly groupLeft: boolean;
    }
  /** Nothing of its tree is left. */
  | { readonly type: 'gone'; readonly generation: number }
  /** The system or a foreign process on its port hinders the gateway. */
  | { readonly type: 'trouble'; readonly generation: number; readonly reason: string }
  /** A condition that was met has been lost for too long, while the process lives. */
  | {
      readonly type: 'hung';
      readonly generation: number;
      readonly condition: Condition;
      readonly reason: string;
    }
  /** It uses more than `max_memory`. */
  | { readonly type: 'memoryExceeded'; readonly generation: number; readonly reason: string }
  /** No door has had a request for it for its `idle_timeout`. */
  | { readonly type: 'idle'; readonly generation: number }
  /** No door routes to this generation any more or holds a lease on it. */
  | { readonly type: 'drained'; readonly generation: number }
  | StartTimeout
  | { readonly type: Exclude<TimerName, 'startTimeout'>; readonly generation: number };

/** It was not ready in time. */
export interface StartTimeout {
  readonly type: 'startTimeout';
  readonly generation: number;
  /** How the last probes failed; may be empty. */
  readonly detail: string;
  readonly lastWords: LastWords;
}

/** The moment of an event: `at` in epoch ms, `random` in [0, 1). */
export interface Stamp {
  readonly at: number;
  readonly random: number;
}

/** An action that gateway.ts carries out, in the order of the list. */
export type Effect =
  /** Publish the state to the doors, which apply it before the next effect. */
  | { readonly type: 'publish' }
  /** Acquire the ports and start the process; answered by spawned or spawnFailed. */
  | { readonly type: 'spawn'; readonly generation: number }
  | { readonly type: 'probe'; readonly generation: number }
  | { readonly type: 'endProbes' }
  /** Start the gateway's one timer, in place of an earlier one; it elapses in `ms`. */
  | {
      readonly type: 'startTimer';
      readonly name: TimerName;
      readonly generation: number;
      readonly ms: number;
    }
  | { readonly type: 'clearTimer' }
  /** Answered by drained. */
  | { readonly type: 'awaitDrained'; readonly generation: number }
  | { readonly type: 'signalGroup'; readonly pid: number; readonly signal: NodeJS.Signals }
  | { readonly type: 'killGroup'; readonly pid: number };

export interface Step {
  readonly state: GatewayState;
  readonly effects: readonly Effect[];
}

export function policyOf(profile: ProfilePlan): Policy {
  return {
    managed: profile.launch.kind === 'command',
    start: profile.start,
    startTimeout: profile.startTimeout,
    idleTimeout: profile.idleTimeout,
    conditions: conditionsOf(profile),
    readyAfter: profile.ready.kind === 'lived' ? profile.ready.after : null,
    job: profile.schedule?.action === 'run' ? { timeout: profile.schedule.timeout } : null,
    restart: profile.restart,
    stop: profile.stop,
  };
}

/** Whether the profile is a job, which its schedule starts and which runs to its end. */
export function isJob({ schedule }: Pick<ProfilePlan, 'schedule'>): boolean {
  return schedule?.action === 'run';
}

/** Whether that listener of a gateway with those conditions gets requests. */
export function isListenerReady(phase: Phase, conditions: readonly Condition[], listener: string): boolean {
  return isServing(phase) && servesListener(conditions, phase.met, listener);
}

/** Whether the process of a gateway in that phase should run, so that its listeners that are ready get requests. */
export function isServing(phase: Phase): phase is ServingPhase {
  return phase.name === 'starting' || phase.name === 'ready' || phase.name === 'unready';
}

export function isEnding(phase: Phase): phase is EndingPhase {
  return phase.name === 'draining' || phase.name === 'stopping';
}

/** The pid of the process group's leader; null while there is none. */
export function pidOf(phase: Phase): number | null {
  return 'pid' in phase ? phase.pid : null;
}

/** Whether the last start has succeeded or failed. */
export function hasSettled({ phase }: GatewayState): boolean {
  if (phase.name === 'backoff') return !phase.requested;
  return phase.name === 'ready' || phase.name === 'unready' || phase.name === 'failed';
}

/** The desired state of a gateway that no operator has started or stopped. */
export function defaultDesired(policy: Policy): Desired {
  return policy.start === 'on-demand' || policy.start === 'scheduled' ? 'demand' : 'down';
}

/** The step of an event that changes nothing in this state. */
export function unchanged(state: GatewayState): Step {
  return { state, effects: [] };
}
