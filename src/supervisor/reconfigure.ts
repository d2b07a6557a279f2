import type { ProfileChange, ProfilePlan } from '../config/types.ts';
import type { Gateway } from './gateway.ts';
import { isEnding, isServing } from './lifecycle/state.ts';
import type { PortBook } from './ports/port-book.ts';

/** Gives a gateway its changed profile. A new generation never begins before the old one has ended. */
export function applyChange(
  gateway: Gateway,
  profile: ProfilePlan,
  how: ProfileChange['how'],
  ports: PortBook,
): void {
  if (how === 'update') {
    gateway.reconfigure(profile);
    return;
  }
  const { phase } = gateway.state;
  // Before the new profile is set: the old generation ends as the old profile says.
  if (how === 'restart' && isServing(phase)) gateway.dispatch({ type: 'restart' });
  useForNextStart(gateway, profile, ports);
  if (how === 'move' && isServing(phase)) gateway.dispatch({ type: 'restart' });
  // The operator has presumably repaired it.
  if (phase.name === 'failed' || phase.name === 'backoff') gateway.dispatch({ type: 'start' });
}

/** Sets the profile, with its ports, that the gateway's next generation starts with. */
export function useForNextStart(gateway: Gateway, profile: ProfilePlan, ports: PortBook): void {
  freePortsOnceEnded(gateway, ports);
  ports.configure(profile);
  gateway.reconfigure(profile);
}

/** Makes gateways that get one of its ports wait until it has ended. */
export function freePortsOnceEnded(gateway: Gateway, ports: PortBook): void {
  const { generation, phase } = gateway.state;
  if (!isEnding(phase)) return;
  const ended = gateway.until((state) => state.generation !== generation || !isEnding(state.phase));
  ports.freeOnceEnded(gateway.profile.name, ended);
}
