import type { Part } from './interpolate.ts';
import { listenersOf } from './listeners.ts';
import type { Profile } from './profile.ts';
import type { KeyedPlatform } from './route-schema.ts';
import { routesOf } from './routes.ts';
import type { Settings } from './schema.ts';
import type { Launch, Limits, ListenerPlan, Plan, ProfilePlan, Template } from './types.ts';

/** What should run and every route, from a config that passed every check. Profiles that are off are absent. Pure. */
export function createPlan(
  settings: Settings,
  profiles: readonly Profile[],
  platforms: readonly KeyedPlatform[],
): Plan {
  const enabled = profiles.filter(({ config }) => config.enabled);
  return {
    listen: settings.listen,
    publicUrl: settings.public_url ?? null,
    limits: limitsOf(settings.limits),
    profiles: enabled.map(profilePlan),
    routes: enabled.flatMap((profile) => routesOf(profile, platforms, settings.profile_paths)),
  };
}

function limitsOf(limits: Settings['limits']): Limits {
  return {
    body: limits.body,
    streamed: limits.streamed,
    buffered: limits.buffered,
    headers: limits.headers,
    headerTime: limits.header_time,
    bodyTime: limits.body_time,
    connections: limits.connections,
    answerTime: limits.answer_time,
    idleTime: limits.idle_time,
    heldPerProfile: limits.held_per_profile,
    held: limits.held,
  };
}

function profilePlan(profile: Profile): ProfilePlan {
  const { config } = profile;
  const listeners = listenersOf(profile).map(({ plan }) => plan);
  const { when, min, max, reset, give_up: giveUp } = config.restart;
  return {
    name: profile.name,
    launch: launchOf(profile, listeners),
    start: config.start,
    startTimeout: config.start_timeout,
    listeners,
    restart: { when, min, max, reset, giveUp: giveUp === 'never' ? null : giveUp },
    stop: config.stop,
    source: profile.source,
  };
}

function launchOf(profile: Profile, listeners: readonly ListenerPlan[]): Launch {
  const [program, ...args] = profile.command.map(({ parts }) => template(parts, listeners));
  if (program === undefined) return { kind: 'url' };
  const inherited = [...profile.inherited].map(([name, value]): [string, Template] => [name, [value]]);
  const own = [...profile.env].map(([name, { parts }]): [string, Template] => [
    name,
    template(parts, listeners),
  ]);
  return {
    kind: 'command',
    command: [program, ...args],
    cwd: profile.cwd,
    env: Object.fromEntries([...inherited, ...own]),
  };
}

function template(parts: readonly Part[], listeners: readonly ListenerPlan[]): Template {
  return parts.map((part) =>
    typeof part === 'string' ? part : { port: part.port ?? listeners[0]?.name ?? '' },
  );
}
