import type { ProfileChange, ProfilePlan } from '../config/types.ts';
import type { Gateway } from './gateway.ts';
import { isEnding, isServing } from './lifecycle/state.ts';
import type { PortBook } from './ports/port-book.ts';

/** Tells a gateway of its changed profile; never does a new life begin before the old one has ended. */
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
  // By the old profile, since it is the old life's end.
  if (how === 'restart' && isServing(phase)) gateway.dispatch({ type: 'restart' });
  useForNextStart(gateway, profile, ports);
  if (how === 'move' && isServing(phase)) gateway.dispatch({ type: 'restart' });
  // Its operator just mended it.
  if (phase.name === 'failed' || phase.name === 'backoff') gateway.dispatch({ type: 'start' });
}

/** Its next life begins as the profile says. */
export function useForNextStart(gateway: Gateway, profile: ProfilePlan, ports: PortBook): void {
  freePortsOnceEnded(gateway, ports);
  ports.configure(profile);
  gateway.reconfigure(profile);
}

/** Others that get one of its ports wait until it has ended. */
export function freePortsOnceEnded(gateway: Gateway, ports: PortBook): void {
  const { generation, phase } = gateway.state;
  if (!isEnding(phase)) return;
  const ended = gateway.until((life) => life.generation !== generation || !isEnding(life.phase));
  ports.freeOnceEnded(gateway.profile.name, ended);
}
