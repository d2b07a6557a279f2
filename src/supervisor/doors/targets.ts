import type { ListenerPlan, ProfilePlan } from '../../config/types.ts';
import type { Holder } from '../../holder.ts';
import type { Address, Target, TargetState } from '../../snapshot.ts';
import { type GatewayState, isEnding, isServing } from '../lifecycle/state.ts';

/** What the doors are told of one profile: a target for each of its listeners. */
export function targetsOf(
  profile: ProfilePlan,
  life: GatewayState,
  ports: ReadonlyMap<string, number>,
  holders: (listener: string) => readonly Holder[],
): readonly Target[] {
  return profile.listeners.map((listener) => ({
    profile: profile.name,
    listener: listener.name,
    generation: life.generation,
    address: addressOf(listener, ports),
    paths: [...listener.paths],
    managed: profile.launch.kind === 'command',
    state: targetState(life, listener.name),
    holders: holders(listener.name),
    idleAfter: profile.idleTimeout,
    retryAt: life.phase.name === 'backoff' ? life.phase.nextStartAt : null,
  }));
}

function targetState(life: GatewayState, listener: string): TargetState {
  const { phase } = life;
  if (isServing(phase)) return phase.ready.includes(listener) ? 'ready' : 'pending';
  if (isEnding(phase)) return phase.after.kind === 'stop' ? 'down' : 'pending';
  if (phase.name === 'backoff') return 'pending';
  return phase.name === 'stopped' && life.desired === 'demand' ? 'pending' : 'down';
}

function addressOf(listener: ListenerPlan, ports: ReadonlyMap<string, number>): Address | null {
  const port = ports.get(listener.name);
  return port === undefined ? null : { host: reachable(listener.host), port };
}

/** Where to connect to a listener that listens on `host`: the unspecified address is none to connect to. */
export function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
