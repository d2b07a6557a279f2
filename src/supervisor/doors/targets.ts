import type { ListenerPlan, ProfilePlan } from '../../config/types.ts';
import type { Holder } from '../../holder.ts';
import type { Address, Target, TargetState } from '../../snapshot.ts';
import { type Condition, conditionsOf, servesListener } from '../lifecycle/conditions.ts';
import { type GatewayState, isEnding, isServing } from '../lifecycle/state.ts';

/** The targets of one profile in a snapshot: one for each of its listeners. */
export function targetsOf(
  profile: ProfilePlan,
  state: GatewayState,
  ports: ReadonlyMap<string, number>,
  reached: {
    readonly holders: (listener: string) => readonly Holder[];
    /** The address at which a listener is reached. */
    readonly host: (listener: ListenerPlan) => string;
  },
): readonly Target[] {
  const conditions = conditionsOf(profile);
  return profile.listeners.map((listener) => ({
    profile: profile.name,
    listener: listener.name,
    generation: state.generation,
    address: addressOf(listener, ports, reached.host(listener)),
    paths: [...listener.paths],
    addPrefix: listener.addPrefix,
    managed: profile.launch.kind === 'command',
    state: targetState(state, conditions, listener.name),
    holders: reached.holders(listener.name),
    idleAfter: profile.idleTimeout,
    retryAt: state.phase.name === 'backoff' ? state.phase.nextStartAt : null,
  }));
}

function targetState(state: GatewayState, conditions: readonly Condition[], listener: string): TargetState {
  const { phase } = state;
  if (isServing(phase)) return servesListener(conditions, phase.met, listener) ? 'ready' : 'pending';
  if (isEnding(phase)) return phase.after.kind === 'stop' ? 'down' : 'pending';
  if (phase.name === 'backoff') return 'pending';
  return phase.name === 'stopped' && state.desired === 'demand' ? 'pending' : 'down';
}

function addressOf({ name }: ListenerPlan, ports: ReadonlyMap<string, number>, host: string): Address | null {
  const port = ports.get(name);
  return port === undefined ? null : { host, port };
}
