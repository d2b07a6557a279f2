import { dirname, resolve } from 'node:path';
import { listenersOf } from './listeners.ts';
import type { Profile } from './read/profile.ts';
import type { Text } from './read/resolve.ts';
import { routesOf } from './routes.ts';
import type { Settings } from './schema/config-schema.ts';
import type { KeyedPlatform } from './schema/route-schema.ts';
import { literalText, type Part } from './source/interpolate.ts';
import { valueSource } from './source/yaml-tree.ts';
import type {
  Launch,
  Limits,
  ListenerPlan,
  Plan,
  ProfilePlan,
  ReadyRule,
  Schedule,
  Template,
} from './types.ts';
import { verifyRules } from './verify-rules.ts';

/** The plan of a config in `folder` that passed every check. Disabled profiles are left out. Pure. */
export function createPlan(
  settings: Settings,
  profiles: readonly Profile[],
  platforms: readonly KeyedPlatform[],
  folder: string,
): Plan {
  const enabled = profiles.filter(({ config }) => config.enabled);
  return {
    listen: settings.listen,
    publicUrl: settings.public_url ?? null,
    limits: limitsOf(settings.limits),
    watch: settings.watch,
    logs: {
      folder: settings.logs.folder === undefined ? null : resolve(folder, settings.logs.folder),
      size: settings.logs.size,
      age: settings.logs.age,
      keep: settings.logs.keep,
    },
    startConcurrency: settings.start_concurrency === 'auto' ? null : settings.start_concurrency,
    profiles: enabled.map(profilePlan),
    routes: enabled.flatMap((profile) => routesOf(profile, platforms, settings.profile_paths)),
  };
}

function limitsOf(limits: Settings['limits']): Limits {
  return {
    body: limits.body ?? null,
    streamed: limits.streamed,
    buffered: limits.buffered,
    headers: limits.headers,
    headerTime: limits.header_time,
    bodyTime: limits.body_time,
    bodyRate: limits.body_rate,
    connections: limits.connections,
    answerTime: limits.answer_time,
    idleTime: limits.idle_time,
    heldPerProfile: limits.held_per_profile,
    heldBytesPerProfile: limits.held_bytes_per_profile,
    held: limits.held,
  };
}

function profilePlan(profile: Profile): ProfilePlan {
  const { config, name } = profile;
  const listeners = listenersOf(profile).map(({ plan }) => plan);
  const { when, min, max, reset, exit_codes: exitCodes, give_up: giveUp } = config.restart;
  return {
    name,
    launch: launchOf(profile, listeners),
    start: config.run === undefined ? config.start : 'scheduled',
    startTimeout: config.start_timeout,
    after: config.after,
    startGroup: config.start_group ?? null,
    idleTimeout: config.idle_timeout === 'never' ? null : config.idle_timeout,
    ownerCheck: config.owner_check,
    maxMemory: config.max_memory ?? null,
    logFile: config.log_file === undefined ? null : resolve(folderOf(profile, 'log_file'), config.log_file),
    listeners,
    ready: readyRule(profile, listeners),
    verify: verifyRules(profile),
    delivery: config.delivery,
    restart: { when, min, max, reset, exitCodes, giveUp: giveUp === 'never' ? null : giveUp },
    schedule: scheduleOf(config),
    stop: config.stop,
    knownHolders: profile.facts.knownHolders,
    source: profile.source,
  };
}

function scheduleOf({ run, restart }: Profile['config']): Schedule | null {
  if (run !== undefined) {
    const { schedule: pattern, timezone = null, timeout } = run;
    return { action: 'run', pattern, timezone, timeout: timeout === 'never' ? null : timeout };
  }
  const { schedule: pattern, timezone = null } = restart;
  return pattern === 'never' ? null : { action: 'restart', pattern, timezone };
}

/** ms that a bot without a port must live until it counts as ready: most that cannot start end sooner. */
const READY_AFTER = 1000;

function readyRule(profile: Profile, listeners: readonly ListenerPlan[]): ReadyRule {
  const { config } = profile;
  if (config.ready === 'ipc') return { kind: 'ipc' };
  if (listeners.length > 0) return { kind: 'listeners' };
  if (config.ready_log !== undefined) return { kind: 'log', text: config.ready_log };
  // No port can be among its parts, since the profile has none.
  const [program, ...args] = wordsOf(profile.healthCommand);
  if (config.health !== undefined && program !== undefined) {
    const { timing, restartAfter } = config.health;
    return { kind: 'command', health: { command: [program, ...args], ...timing, restartAfter } };
  }
  return { kind: 'lived', after: config.ready_after ?? READY_AFTER };
}

/** The folder that a relative path in that field starts from: that of the file in which it is written. */
function folderOf(profile: Profile, field: string): string {
  return dirname(valueSource(profile.tree, [field]).file);
}

function launchOf(profile: Profile, listeners: readonly ListenerPlan[]): Launch {
  const { config } = profile;
  const [program, ...args] = profile.command.map(({ parts }) => template(parts, listeners));
  if (program === undefined) return { kind: 'url' };
  const inherited = [...profile.inherited].map(([name, value]): [string, Template] => [name, [value]]);
  const own = [...profile.env].map(([name, { parts }]): [string, Template] => [
    name,
    template(parts, listeners),
  ]);
  // readEnvCommand leaves no port in it.
  const [printer, ...words] = wordsOf(profile.envCommand);
  return {
    kind: 'command',
    command: [program, ...args],
    cwd: profile.cwd,
    env: Object.fromEntries([...inherited, ...own]),
    envCommand:
      printer === undefined ? null : { command: [printer, ...words], kept: own.map(([name]) => name) },
    process: {
      nice: config.nice ?? null,
      maxOpenFiles: config.max_open_files ?? null,
      umask: config.umask ?? null,
      user: config.user ?? null,
      group: config.group ?? null,
    },
  };
}

/** The words of a command that no port is in. */
function wordsOf(texts: readonly Text[]): readonly string[] {
  return texts.flatMap(({ parts }) => literalText(parts) ?? []);
}

function template(parts: readonly Part[], listeners: readonly ListenerPlan[]): Template {
  return parts.map((part) =>
    typeof part === 'string' ? part : { port: part.port ?? listeners[0]?.name ?? '' },
  );
}
