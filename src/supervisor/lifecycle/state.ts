import type { ProfilePlan, RestartPolicy, StopPolicy } from '../../config/types.ts';
import type { End, RestartHistory } from './restart-policy.ts';

/**
 * 'demand': it sleeps, or is on its way there, until a request needs it; an operator's stop makes it 'down', which no
 * request overrides.
 */
export type Desired = 'up' | 'down' | 'demand';

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Epoch ms. */
  readonly at: number;
}

/** What follows when a gateway that is leaving is gone. */
export type AfterExit =
  | { readonly kind: 'stop' }
  | { readonly kind: 'start' }
  /** It had nothing to do: it sleeps until its next request. */
  | { readonly kind: 'rest' }
  /** The restart policy decides. */
  | { readonly kind: 'judge'; readonly end: End };

interface Serving {
  /** Null until it is spawned, and always for a `url:` profile. */
  readonly pid: number | null;
  /** The listeners that are ready, in no order. */
  readonly ready: readonly string[];
  /** Some listener was ready in this generation, so doors may hold leases on it. */
  readonly served: boolean;
}

export type ServingPhase = Serving &
  (
    | {
        readonly name: 'starting';
        /** The end of the last life, where this one follows it unasked and at once; else null. */
        readonly follows: string | null;
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
      /** Past the grace: only SIGKILL is left. */
      readonly kill: boolean;
      /** The leader has ended; others of its process group are left. */
      readonly exited: boolean;
    };

export type Phase =
  | { readonly name: 'stopped' }
  | { readonly name: 'failed' }
  /** `nextStartAt` is epoch ms. */
  | { readonly name: 'backoff'; readonly nextStartAt: number }
  | ServingPhase
  | EndingPhase;

/** All that the supervisor knows of one gateway. */
export interface GatewayState {
  readonly phase: Phase;
  readonly desired: Desired;
  /** The current life or the last one; 0 before the first. */
  readonly generation: number;
  /** Epoch ms; null while there is no process. */
  readonly spawnedAt: number | null;
  /** Starts that nobody asked for, neither an operator nor the gateway itself: after a crash or a failed start. */
  readonly restarts: number;
  readonly history: RestartHistory;
  readonly lastExit: Exit | null;
  /** Why it is not ready; null once it is. */
  readonly lastError: string | null;
}

/** What a reducer of one gateway needs to know of its profile. */
export interface Policy {
  /** False for a `url:` profile. */
  readonly managed: boolean;
  readonly start: ProfilePlan['start'];
  readonly startTimeout: number;
  readonly idleTimeout: number | null;
  readonly listeners: readonly string[];
  readonly restart: RestartPolicy;
  readonly stop: StopPolicy;
}

export type TimerName = 'startTimeout' | 'drainTimeout' | 'graceTimeout' | 'backoffElapsed';

/** What happened, without the moment. Those with a generation speak of that life alone. */
export type GatewayEvent =
  /** From the operator or at start-up. */
  | { readonly type: 'start' }
  | { readonly type: 'stop'; readonly atOnce: boolean }
  | { readonly type: 'restart' }
  /** From a door. */
  | { readonly type: 'ensureReady' }
  /** From the edge that executes the effects. */
  | { readonly type: 'spawned'; readonly generation: number; readonly pid: number }
  | { readonly type: 'spawnFailed'; readonly generation: number; readonly reason: string }
  | { readonly type: 'listenerReady'; readonly generation: number; readonly listener: string }
  | {
      readonly type: 'listenerLost';
      readonly generation: number;
      readonly listener: string;
      readonly reason: string;
    }
  | {
      readonly type: 'exited';
      readonly generation: number;
      readonly code: number | null;
      readonly signal: string | null;
      /** What its stderr says about the failure; null if nothing. */
      readonly errorLine: string | null;
      /** Other processes of its tree are left. */
      readonly groupLeft: boolean;
    }
  /** Nothing of its process group is left. */
  | { readonly type: 'gone'; readonly generation: number }
  /** Something outside the gateway stands in its way: the system, or a stranger on its port; in plain words. */
  | { readonly type: 'trouble'; readonly generation: number; readonly reason: string }
  /** A listener that was ready serves no more, while the process lives. */
  | { readonly type: 'hung'; readonly generation: number; readonly listener: string; readonly reason: string }
  /** Above `max_memory`; plain words. */
  | { readonly type: 'memoryExceeded'; readonly generation: number; readonly reason: string }
  /** No door had a request for it for its `idle_timeout`. */
  | { readonly type: 'idle'; readonly generation: number }
  /** Every door routes past this generation and holds no lease on it. */
  | { readonly type: 'drained'; readonly generation: number }
  /** `detail`, of a start that came too late: what the last probes met. */
  | { readonly type: TimerName; readonly generation: number; readonly detail?: string };

/** The moment of an event: `at` in epoch ms, `random` in [0, 1). */
export interface Stamp {
  readonly at: number;
  readonly random: number;
}

/** What the edge does, in this order. */
export type Effect =
  /** Tell the doors; they have it before anything that follows. */
  | { readonly type: 'publish' }
  /** Check the ports and start the process; answered by spawned or spawnFailed. */
  | { readonly type: 'spawn'; readonly generation: number }
  | { readonly type: 'probe'; readonly generation: number }
  | { readonly type: 'endProbes' }
  /** A gateway has one timer; a new one replaces it. `ms` from now. */
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
    listeners: profile.listeners.map((listener) => listener.name),
    restart: profile.restart,
    stop: profile.stop,
  };
}

/** The phases in which a gateway takes requests for those of its listeners that are ready. */
export function isServing(phase: Phase): phase is ServingPhase {
  return phase.name === 'starting' || phase.name === 'ready' || phase.name === 'unready';
}

export function isEnding(phase: Phase): phase is EndingPhase {
  return phase.name === 'draining' || phase.name === 'stopping';
}

/** The process group's leader; null while there is none. */
export function pidOf(phase: Phase): number | null {
  return 'pid' in phase ? phase.pid : null;
}

/** A start has come to something: to readiness, or to a reason why not. */
export function hasSettled({ phase }: GatewayState): boolean {
  return (
    phase.name === 'ready' || phase.name === 'unready' || phase.name === 'backoff' || phase.name === 'failed'
  );
}

/** What is wanted of a gateway that nobody asked for. */
export function defaultDesired(policy: Policy): Desired {
  return policy.start === 'on-demand' ? 'demand' : 'down';
}

/** An event that says nothing in this state. */
export function unchanged(state: GatewayState): Step {
  return { state, effects: [] };
}
