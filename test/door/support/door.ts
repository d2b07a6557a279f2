import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import type { Limits } from '../../../src/config/types.ts';
import { createDoor, type Door } from '../../../src/door/door.ts';
import type { SpoolStore } from '../../../src/door/spool/store/store.ts';
import type { Event } from '../../../src/events.ts';
import type { PlatformName, Route } from '../../../src/routing/route.ts';
import type { PublicUrl } from '../../../src/routing/url/public-url.ts';
import type { DoorPort, ProfileRules, Snapshot, SupervisorPort, Target } from '../../../src/snapshot.ts';
import { portOf } from './raw.ts';

const COMMON = {
  host: null,
  stripPrefix: false,
  fallback: false,
  unverified: false,
  fanOut: false,
  keepHeaders: [],
  source: { file: 'gwproxy.yaml', line: 1, column: 1 },
} as const;

export const LIMITS: Limits = {
  body: 1024 * 1024,
  streamed: 8 * 1024 * 1024,
  buffered: 16 * 1024 * 1024,
  headers: 16 * 1024,
  headerTime: 15_000,
  bodyTime: 60_000,
  bodyRate: 1024,
  connections: 1000,
  answerTime: 60_000,
  idleTime: 60_000,
  heldPerProfile: 100,
  heldBytesPerProfile: 8 * 1024 * 1024,
  held: 1000,
};

export function pathRoute(profile: string, path = '', stripPrefix = false): Route {
  return { ...COMMON, profile, key: null, path, stripPrefix };
}

/** By the app id of Bot Framework; an activity for it is `activity(app)`. */
export function appRoute(profile: string, app: string, path = ''): Route {
  const key = { platform: 'bot-framework', fields: { recipient: [`28:${app}`] } } as const;
  return { ...COMMON, profile, key, path };
}

export function slackRoute(profile: string, team: string, path = ''): Route {
  return keyedRoute(profile, 'slack', { team: [team] }, path);
}

export function keyedRoute(
  profile: string,
  platform: PlatformName,
  fields: Readonly<Record<string, readonly string[]>>,
  path = '',
): Route {
  return { ...COMMON, profile, key: { platform, fields }, path };
}

export const APP = '00000000-0000-0000-0000-000000000001';

let activities = 0;

/** Each another message, or the door would take it for a repeat. */
export function activity(app: string, text = 'hi'): string {
  activities += 1;
  return JSON.stringify({
    type: 'message',
    id: String(activities),
    channelId: 'msteams',
    serviceUrl: 'https://example.invalid/',
    conversation: { id: 'a:1' },
    from: { id: '29:sender' },
    recipient: { id: `28:${app}` },
    text,
  });
}

/** The bytes of a keyed request. */
export function activityRequest(body: string, headers = ''): string {
  return `POST /api/messages HTTP/1.1\r\nHost: bots.example.com\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

export function target(profile: string, port: number, changes: Partial<Target> = {}): Target {
  return {
    profile,
    listener: 'main',
    generation: 1,
    address: { host: '127.0.0.1', port },
    paths: ['/'],
    addPrefix: '',
    managed: true,
    state: 'ready',
    retryAt: null,
    holders: [],
    idleAfter: null,
    ...changes,
  };
}

type Call =
  | ({ readonly call: 'ensureReady' } & Parameters<SupervisorPort['ensureReady']>[0])
  | { readonly call: 'cancel'; readonly id: string }
  | { readonly call: 'applied'; readonly doorId: string; readonly version: number }
  | ({ readonly call: 'load'; readonly doorId: string } & Parameters<SupervisorPort['load']>[1])
  | ({ readonly call: 'failed' } & Parameters<SupervisorPort['failed']>[0]);

/** Records what a door says, and publishes what a test says. */
export class FakeSupervisor implements SupervisorPort {
  readonly calls: Call[] = [];
  /** Called after each record, synchronously, as a supervisor in the same process may act. */
  onCall: (call: Call) => void = () => {};
  /** Of the next snapshot. */
  rules: readonly ProfileRules[] = [];
  readonly #waiting: { readonly of: Call['call']; readonly done: () => void }[] = [];
  #door: DoorPort | null = null;
  #version = 0;

  addDoor(door: DoorPort): void {
    this.#door = door;
  }

  publish(routes: readonly Route[], targets: readonly Target[], copy = false): Snapshot {
    this.#version += 1;
    const snapshot: Snapshot = { version: this.#version, routes, rules: this.rules, targets };
    this.#door?.apply(copy ? structuredClone(snapshot) : snapshot);
    return snapshot;
  }

  of<C extends Call['call']>(name: C): Extract<Call, { call: C }>[] {
    return this.calls.filter((call): call is Extract<Call, { call: C }> => call.call === name);
  }

  /** Resolves when there are `count` calls of that name. */
  async called(name: Call['call'], count = 1): Promise<void> {
    while (this.of(name).length < count) {
      await new Promise<void>((done) => this.#waiting.push({ of: name, done }));
    }
  }

  ensureReady(request: Parameters<SupervisorPort['ensureReady']>[0]): void {
    this.#record({ call: 'ensureReady', ...request });
  }

  cancel(id: string): void {
    this.#record({ call: 'cancel', id });
  }

  applied(doorId: string, version: number): void {
    this.#record({ call: 'applied', doorId, version });
  }

  load(doorId: string, report: Parameters<SupervisorPort['load']>[1]): void {
    this.#record({ call: 'load', doorId, ...report });
  }

  failed(report: Parameters<SupervisorPort['failed']>[0]): void {
    this.#record({ call: 'failed', ...report });
  }

  #record(call: Call): void {
    this.calls.push(call);
    for (const waiter of this.#waiting.splice(0)) waiter.done();
    this.onCall(call);
  }
}

export interface TestDoor {
  readonly port: number;
  readonly door: Door;
  readonly supervisor: FakeSupervisor;
  readonly events: Event[];
  refusals(): Extract<Event, { type: 'door.refused' }>[];
  /** Moves the door's clock on; timers keep running by the real one. */
  advance(ms: number): void;
}

export async function startDoor(
  t: TestContext,
  options: {
    readonly routes: readonly Route[];
    readonly targets: readonly Target[];
    readonly limits?: Partial<Limits>;
    readonly publicUrl?: PublicUrl;
    readonly rules?: readonly ProfileRules[];
    readonly spoolStore?: SpoolStore;
    readonly roundTimeout?: number;
    /** Called before it listens. */
    readonly made?: (door: Door) => void;
  },
): Promise<TestDoor> {
  const supervisor = new FakeSupervisor();
  const events: Event[] = [];
  let offset = 0;
  const door = createDoor({
    id: 'door-1',
    supervisor,
    limits: { ...LIMITS, ...options.limits },
    publicUrl: options.publicUrl ?? null,
    report: (event) => events.push(event),
    now: () => Date.now() + offset,
    ...(options.spoolStore !== undefined && { spoolStore: options.spoolStore }),
    ...(options.roundTimeout !== undefined && { roundTimeout: options.roundTimeout }),
  });
  t.after(() => door.close(0));
  options.made?.(door);
  supervisor.addDoor(door.port);
  supervisor.rules = options.rules ?? [];
  supervisor.publish(options.routes, options.targets);
  const { port } = await door.listen({ host: '127.0.0.1', port: 0 });
  return {
    port,
    door,
    supervisor,
    events,
    refusals: () => events.filter((event) => event.type === 'door.refused'),
    advance: (ms) => {
      offset += ms;
    },
  };
}

export interface Bot {
  readonly port: number;
  readonly server: Server;
  readonly requests: { readonly req: IncomingMessage; readonly body: Buffer }[];
}

/** A gateway that reads each request whole, then answers. */
export async function startBot(
  t: TestContext,
  answer: (req: IncomingMessage, res: ServerResponse, body: Buffer) => void = (_req, res) => res.end('ok'),
): Promise<Bot> {
  const requests: Bot['requests'] = [];
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const body = Buffer.concat(chunks);
      requests.push({ req, body });
      answer(req, res, body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: portOf(server), server, requests };
}

/** Waits until no lease is left: the door sees a closed socket a moment after its peer does. */
export async function untilIdle(door: Door, profile: string): Promise<void> {
  while (door.stats().get(profile)?.inFlight !== 0) await new Promise((resolve) => setImmediate(resolve));
}

/** A port that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The status code of the first answer in what came. */
export function statusOf(received: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(received)?.[1]);
}

/** The problem details of the first answer in what came. */
export function problemOf(received: string): { readonly code: string; readonly request_id: string } {
  return JSON.parse(received.slice(received.indexOf('\r\n\r\n') + 4));
}
