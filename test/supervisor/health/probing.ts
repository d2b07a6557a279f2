import { createServer } from 'node:http';
import type { TestContext } from 'node:test';
import type { Health, ListenerPlan, ProfilePlan } from '../../../src/config/types.ts';
import type { Event } from '../../../src/events.ts';
import { GatewayProbes } from '../../../src/supervisor/health/gateway-probes.ts';
import type { GatewayEvent } from '../../../src/supervisor/lifecycle/state.ts';
import { listen } from '../../support/sockets.ts';
import { listener, profile } from '../support.ts';

export const HEALTH: Health = { ...listener.health, interval: 20 };
/** For a listener that must not answer in time. */
export const HASTY: Health = { ...HEALTH, timeout: 250 };

interface Probing {
  readonly probes: GatewayProbes;
  readonly events: readonly GatewayEvent[];
  readonly reports: readonly Event[];
  /** The first verdict of that type, past or to come. */
  first(type: GatewayEvent['type']): Promise<GatewayEvent>;
  /** The next one, counted from now. */
  next(type: GatewayEvent['type']): Promise<GatewayEvent>;
  /** Goes on as if the config had changed. */
  change(changes: Partial<ProfilePlan>): void;
}

/** The probes of a gateway that is that child, in generation 1, ended with the test. */
export function probing(
  t: TestContext,
  port: number,
  changes: Partial<ListenerPlan>,
  gateway: Partial<ProfilePlan> = {},
  members: () => Promise<readonly number[]> = () => Promise.resolve([process.pid]),
  moved: (listener: string) => void = () => {},
): Probing {
  let plan: ProfilePlan = {
    ...profile('alpha', 'serve.mjs'),
    listeners: [{ ...listener, health: HEALTH, ...changes }],
    ...gateway,
  };
  const events: GatewayEvent[] = [];
  const reports: Event[] = [];
  let waiting: { readonly type: string; readonly resolve: (event: GatewayEvent) => void }[] = [];
  const probes = new GatewayProbes({
    profile: () => plan,
    ports: () => new Map([['http', port]]),
    members: members,
    report: (event) => reports.push(event),
    holdersChanged: moved,
    now: Date.now,
    dispatch: (event) => {
      events.push(event);
      for (const { type, resolve } of waiting) if (type === event.type) resolve(event);
      waiting = waiting.filter(({ type }) => type !== event.type);
    },
  });
  t.after(() => probes.end());
  probes.start(1);
  const next = (type: string): Promise<GatewayEvent> =>
    new Promise((resolve) => waiting.push({ type, resolve }));
  return {
    probes,
    events,
    reports,
    first(type) {
      const past = events.find((event) => event.type === type);
      return past === undefined ? next(type) : Promise.resolve(past);
    },
    next,
    change(changed) {
      plan = { ...plan, ...changed };
      probes.start(1);
    },
  };
}

/** A server that says when it was asked for the nth time. */
export async function counted(t: TestContext, answer: (nth: number) => number) {
  let asked = 0;
  let waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const port = await listen(
    t,
    createServer((_request, response) => {
      asked += 1;
      response.statusCode = answer(asked);
      response.end();
      for (const { count, resolve } of waiting) if (asked >= count) resolve();
      waiting = waiting.filter(({ count }) => asked < count);
    }),
  );
  const times = (count: number): Promise<void> => new Promise((resolve) => waiting.push({ count, resolve }));
  return { port, times, asked: () => asked };
}
