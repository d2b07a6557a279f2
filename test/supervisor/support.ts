import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { TestContext } from 'node:test';
import type { ListenerPlan, Plan, ProcessSettings, ProfilePlan, Template } from '../../src/config/types.ts';
import type { Event } from '../../src/events.ts';
import type { DoorPort, Snapshot, SupervisorPort, Target } from '../../src/snapshot.ts';
import { createSupervisor, type Supervisor } from '../../src/supervisor/supervisor.ts';
import { groupAlive } from '../../src/supervisor/tree/process-group.ts';
import { fixture } from '../support/root.ts';

const source = { file: 'gwproxy.yaml', line: 1, column: 1 };

/** A process as gwproxy's own. */
export const ORDINARY: ProcessSettings = {
  nice: null,
  maxOpenFiles: null,
  umask: null,
  user: null,
  group: null,
};

export const listener: ListenerPlan = {
  name: 'http',
  host: '127.0.0.1',
  port: 'auto',
  portEnv: 'PORT',
  paths: ['/'],
  addPrefix: '',
  health: {
    path: '/health',
    status: null,
    body: null,
    interval: 200,
    timeout: 2000,
    failures: 3,
    successes: 1,
  },
  liveness: { kind: 'health', after: null },
};

/** A profile whose gateway is a program of test/fixtures/gateways. */
export function profile(
  name: string,
  program: string,
  changes: Partial<ProfilePlan> & { readonly env?: Readonly<Record<string, Template>> } = {},
): ProfilePlan {
  const { env = {}, ...rest } = changes;
  return {
    name,
    launch: {
      kind: 'command',
      command: [[process.execPath], [fixture('gateways', program)]],
      cwd: fixture(),
      env,
      envCommand: null,
      process: ORDINARY,
    },
    start: 'always',
    startTimeout: 30_000,
    after: [],
    startGroup: null,
    knownHolders: [],
    idleTimeout: null,
    ownerCheck: 'lenient',
    verify: null,
    delivery: 'spool',
    maxMemory: null,
    logFile: null,
    listeners: [listener],
    ready: { kind: 'listeners' },
    restart: { when: 'always', min: 10, max: 50, reset: 60_000, exitCodes: {}, giveUp: null },
    schedule: null,
    stop: { drain: 30_000, signal: 'SIGTERM', grace: 30_000 },
    source,
    ...rest,
  };
}

export function planOf(profiles: readonly ProfilePlan[]): Plan {
  return {
    listen: { host: '127.0.0.1', port: 0 },
    publicUrl: null,
    limits: {
      body: 1,
      streamed: 1,
      buffered: 1,
      headers: 1,
      headerTime: 1,
      bodyTime: 1,
      bodyRate: 1,
      connections: 1,
      answerTime: 1,
      idleTime: 1,
      heldPerProfile: 1,
      heldBytesPerProfile: 1,
      held: 1,
    },
    watch: 'off',
    logs: { folder: null, size: 1, age: 1, keep: 1 },
    startConcurrency: null,
    profiles,
    routes: [
      {
        profile: 'alpha',
        key: null,
        host: null,
        path: '',
        stripPrefix: false,
        fallback: false,
        unverified: false,
        fanOut: false,
        keepHeaders: [],
        source,
      },
    ],
  };
}

/** The events that were reported, and promises for events to come. */
export class Log {
  readonly events: Event[] = [];
  #waiting: { readonly match: (event: Event) => boolean; readonly resolve: (event: Event) => void }[] = [];

  readonly report = (event: Event): void => {
    this.events.push(event);
    const met = this.#waiting.filter(({ match }) => match(event));
    this.#waiting = this.#waiting.filter((waiter) => !met.includes(waiter));
    for (const { resolve } of met) resolve(event);
  };

  /** The next event of that kind, counted from now. */
  next(match: (event: Event) => boolean): Promise<Event> {
    return new Promise((resolve) => {
      this.#waiting.push({ match, resolve });
    });
  }

  /** The first event of that kind, past or to come. */
  first(match: (event: Event) => boolean): Promise<Event> {
    const past = this.events.find(match);
    return past === undefined ? this.next(match) : Promise.resolve(past);
  }

  states(name: string): string[] {
    return this.events.flatMap((event) =>
      event.type === 'gateway.state' && event.profile === name ? [event.state] : [],
    );
  }

  lines(name: string): string[] {
    return this.events.flatMap((event) =>
      event.type === 'gateway.output' && event.profile === name ? [event.line] : [],
    );
  }

  pids(): number[] {
    return this.events.flatMap((event) =>
      event.type === 'gateway.state' && event.pid !== null ? [event.pid] : [],
    );
  }
}

export function isState(name: string, state: string): (event: Event) => boolean {
  return (event) => event.type === 'gateway.state' && event.profile === name && event.state === state;
}

export function isLine(name: string, line: string): (event: Event) => boolean {
  return (event) => event.type === 'gateway.output' && event.profile === name && event.line === line;
}

/** A supervisor whose gateways end with the test; the test fails if one of their process groups is left. */
export function supervise(
  t: TestContext,
  profiles: readonly ProfilePlan[],
  changes: Partial<Plan> = {},
): { readonly supervisor: Supervisor; readonly log: Log } {
  const log = new Log();
  const supervisor = createSupervisor({ plan: { ...planOf(profiles), ...changes }, report: log.report });
  t.after(async () => {
    await supervisor.stop({ atOnce: true });
    for (const pid of new Set(log.pids())) assert.equal(await groupAlive(pid), false, `group ${pid} is left`);
  });
  return { supervisor, log };
}

/** A door that holds as many leases as its test says, and reports them when their generation leaves routing. */
export class FakeDoor implements DoorPort {
  readonly id: string;
  readonly snapshots: Snapshot[] = [];
  inFlight = 0;
  /** If false, this door applies a snapshot only when its test says so. */
  appliesAtOnce = true;
  readonly #port: SupervisorPort;

  constructor(id: string, port: SupervisorPort) {
    this.id = id;
    this.#port = port;
  }

  apply(snapshot: Snapshot): void {
    const before = this.target('alpha');
    // What a door gets must survive the way to another process.
    this.snapshots.push(structuredClone(snapshot));
    if (before?.state === 'ready' && this.target('alpha').state !== 'ready')
      this.reportLoad(before.generation);
    if (this.appliesAtOnce) this.applied();
  }

  applied(): void {
    this.#port.applied(this.id, this.snapshots.at(-1)?.version ?? 0);
  }

  reportLoad(generation: number): void {
    this.#port.load(this.id, { profile: 'alpha', generation, inFlight: this.inFlight, lastUsed: 0 });
  }

  target(name: string, listenerName = 'http'): Target {
    const found = this.snapshots
      .at(-1)
      ?.targets.find((target) => target.profile === name && target.listener === listenerName);
    return (
      found ?? {
        profile: name,
        listener: listenerName,
        generation: 0,
        address: null,
        paths: [],
        addPrefix: '',
        managed: true,
        state: 'down',
        retryAt: null,
        holders: [],
        idleAfter: null,
      }
    );
  }
}

/** The status of one profile; fails where there is none. */
export function statusOf(supervisor: Supervisor, name: string) {
  const status = supervisor.status().find((each) => each.name === name);
  assert.ok(status, `no status of ${name}`);
  return status;
}

export function pidOf(supervisor: Supervisor, name: string): number {
  const { pid } = statusOf(supervisor, name);
  assert.ok(pid, `${name} has no process`);
  return pid;
}

export function portOf(supervisor: Supervisor, name: string): number {
  const port = statusOf(supervisor, name).listeners[0]?.port;
  assert.ok(port, `${name} has no port`);
  return port;
}

/** A foreign server on a port of its own, until the test ends. */
export async function foreignServer(
  t: TestContext,
): Promise<{ readonly port: number; readonly server: Server }> {
  const server = createServer((socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    if (server.listening) server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { port: address.port, server };
}
