import fc from 'fast-check';
import type { Limits, ListenerPlan, Plan, ProfilePlan } from '../../src/config/types.ts';
import type { Route } from '../../src/routing/route.ts';

/** Plans for tests of their differences. */
export const source = { file: '/srv/gwproxy.yaml', line: 1, column: 1 };

const LIMITS: Limits = {
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
};

export const LISTENER: ListenerPlan = {
  name: 'http',
  host: '127.0.0.1',
  port: 'auto',
  portEnv: 'PORT',
  paths: ['/'],
  addPrefix: '',
  health: { path: '/health', status: null, body: null, interval: 1, timeout: 1, failures: 3, successes: 1 },
  liveness: { kind: 'health', after: null },
};

type Changes = Partial<ProfilePlan> & { readonly program?: string; readonly env?: Record<string, string[]> };

export function profile(name: string, { program = 'bot', env = {}, ...changes }: Changes = {}): ProfilePlan {
  return {
    name,
    launch: {
      kind: 'command',
      command: [[program]],
      cwd: '/srv',
      env,
      envCommand: null,
      process: { nice: null, maxOpenFiles: null, umask: null, user: null, group: null },
    },
    start: 'always',
    startTimeout: 1,
    after: [],
    startGroup: null,
    knownHolders: [],
    idleTimeout: null,
    ownerCheck: 'lenient',
    maxMemory: null,
    logFile: null,
    listeners: [LISTENER],
    ready: { kind: 'listeners' },
    verify: null,
    delivery: 'spool',
    restart: { when: 'always', min: 1, max: 1, reset: 1, exitCodes: {}, giveUp: null },
    schedule: null,
    stop: { drain: 1, signal: 'SIGTERM', grace: 1 },
    source,
    ...changes,
  };
}

export function elsewhere(name: string, port: number, changes: Partial<ProfilePlan> = {}): ProfilePlan {
  return profile(name, {
    launch: { kind: 'url' },
    listeners: [{ ...LISTENER, port, portEnv: null }],
    ...changes,
  });
}

export function route(name: string, path = `/${name}`): Route {
  return {
    profile: name,
    key: null,
    host: null,
    path,
    stripPrefix: false,
    fallback: false,
    unverified: false,
    fanOut: false,
    keepHeaders: [],
    source,
  };
}

/** By default each profile has one route. */
export function plan(profiles: readonly ProfilePlan[], changes: Partial<Plan> = {}): Plan {
  return {
    listen: { host: '127.0.0.1', port: 3978 },
    publicUrl: null,
    limits: LIMITS,
    watch: 'safe',
    logs: { folder: null, size: 1, age: 1, keep: 1 },
    startConcurrency: null,
    profiles,
    routes: profiles.map(({ name }) => route(name)),
    ...changes,
  };
}

const PORTS = [7001, 7002, 7003];

const anyProfile = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    elsewhere: fc.boolean(),
    program: fc.constantFrom('one', 'two'),
    listeners: fc.constantFrom(['http'], ['messages', 'webhook'], ['webhook', 'messages']),
    port: fc.constantFrom<(number | 'auto')[]>('auto', ...PORTS),
    paths: fc.constantFrom(['/'], ['/api']),
    addPrefix: fc.constantFrom('', '/p/bot'),
    interval: fc.constantFrom(1, 2),
    start: fc.constantFrom<ProfilePlan['start'][]>('always', 'on-demand', 'manual'),
    logFile: fc.constantFrom(null, '/log/1', '/log/2'),
  })
  .map(({ name, elsewhere: other, program, listeners, port, paths, addPrefix, interval, start, logFile }) => {
    const changes = { start, logFile };
    if (other) {
      const at = elsewhere(name, port === 'auto' ? 9000 : port, { start });
      return { ...at, listeners: at.listeners.map((listener) => ({ ...listener, addPrefix })) };
    }
    return profile(name, {
      ...changes,
      program,
      listeners: listeners.map((listener, index) => ({
        ...LISTENER,
        name: listener,
        port: index === 0 ? port : 'auto',
        paths,
        addPrefix,
        health: { ...LISTENER.health, interval },
      })),
    });
  });

/** Arbitrary plans that the loader could return: no two gateways share a port or a log file. */
export const anyPlan: fc.Arbitrary<Plan> = fc
  .record({
    profiles: fc.uniqueArray(anyProfile, { selector: ({ name }) => name, minLength: 1, maxLength: 4 }),
    port: fc.constantFrom(3978, 7003),
    path: fc.constantFrom('/x', '/y'),
    body: fc.constantFrom(1, 2),
  })
  .filter(({ profiles, port }) => isConsistent(profiles, port))
  .map(({ profiles, port, path, body }) =>
    plan(profiles, {
      listen: { host: '127.0.0.1', port },
      limits: { ...LIMITS, body },
      routes: profiles.map(({ name }) => route(name, `${path}/${name}`)),
    }),
  );

/** Whether all listeners and the door have distinct ports, and all gateways distinct log files. */
export function isConsistent(profiles: readonly ProfilePlan[], door: number): boolean {
  const ports = profiles.flatMap(({ launch, listeners }) =>
    launch.kind === 'url' ? [] : listeners.flatMap(({ port }) => (port === 'auto' ? [] : [port])),
  );
  const logs = profiles.flatMap(({ logFile }) => logFile ?? []);
  return new Set([...ports, door]).size === ports.length + 1 && new Set(logs).size === logs.length;
}
