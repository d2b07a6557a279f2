import { isDeepStrictEqual } from 'node:util';
import type { Launch, ListenerPlan, ProfileChange, ProfilePlan, ReadyRule } from '../types.ts';

/** If more variables differ, the field is `env` alone. */
const NAMED_VARIABLES = 3;

/** Compares a profile in two plans, which both say the same `kindOf`. Null if nothing differs. Pure. */
export function profileChange(
  before: ProfilePlan,
  after: ProfilePlan,
  routesDiffer: boolean,
): ProfileChange | null {
  const pairs = sameListeners(before, after) ? pairsOf(before, after) : null;
  const restarting = [
    ...launchFields(before.launch, after.launch),
    ...(pairs === null ? ['listeners'] : listenerFields(pairs, addressOf)),
    ...(pairs === null ? [] : otherReadiness(before.ready, after.ready)),
  ];
  const updating = [
    ...policyFields(before, after),
    ...(pairs === null ? [] : prefixFields(pairs, after.launch)),
    ...(pairs === null ? [] : listenerFields(pairs, serviceOf)),
    ...sameReadiness(before.ready, after.ready),
    ...(routesDiffer ? ['routes'] : []),
  ];
  if (restarting.length + updating.length === 0) return null;
  const profile = after.name;
  // A job that runs goes on as it began; its next run is by the new config.
  if (isJob(after)) return { profile, how: 'update', fields: [...restarting, ...updating] };
  if (restarting.length === 0) return { profile, how: 'update', fields: updating };
  return after.launch.kind === 'url'
    ? { profile, how: 'move', fields: [...new Set(['url', ...updating])] }
    : { profile, how: 'restart', fields: [...restarting, ...updating] };
}

/** What a profile is run as. Where that differs, the old gateway ends and a new one takes its place. */
export function kindOf(profile: ProfilePlan): 'command' | 'url' | 'run' {
  return isJob(profile) ? 'run' : profile.launch.kind;
}

function isJob({ schedule }: ProfilePlan): boolean {
  return schedule?.action === 'run';
}

/** Whether both have listeners of the same names, in any order. */
export function sameListeners(before: ProfilePlan, after: ProfilePlan): boolean {
  const names = new Set(before.listeners.map(({ name }) => name));
  return names.size === after.listeners.length && after.listeners.every(({ name }) => names.has(name));
}

function launchFields(before: Launch, after: Launch): readonly string[] {
  if (before.kind === 'url' || after.kind === 'url') return [];
  return [
    ...(isDeepStrictEqual(before.command, after.command) ? [] : ['command']),
    ...(before.cwd === after.cwd ? [] : ['cwd']),
    ...variables(before.env, after.env),
    ...(isDeepStrictEqual(before.envCommand?.command, after.envCommand?.command) ? [] : ['env_command']),
    ...fieldsThatDiffer(before.process, after.process),
  ];
}

function variables(before: object, after: object): readonly string[] {
  const names = keysThatDiffer(before, after);
  return names.length > NAMED_VARIABLES ? ['env'] : names.map((name) => `env.${name}`);
}

/** The key of the config that each rule comes from. */
const READY_KEYS: Readonly<Record<ReadyRule['kind'], string | null>> = {
  listeners: null,
  lived: 'ready_after',
  log: 'ready_log',
  command: 'health',
  ipc: 'ready',
};

/** Another way to become ready: what has happened in this generation says nothing about it. */
function otherReadiness(before: ReadyRule, after: ReadyRule): readonly string[] {
  if (before.kind === after.kind) return [];
  return [before, after].flatMap(({ kind }) => READY_KEYS[kind] ?? []);
}

/** The same way to become ready with other settings. */
function sameReadiness(before: ReadyRule, after: ReadyRule): readonly string[] {
  if (before.kind !== after.kind || isDeepStrictEqual(before, after)) return [];
  return [READY_KEYS[after.kind]].flatMap((key) => key ?? []);
}

type Pair = readonly [ListenerPlan, ListenerPlan];

function pairsOf(before: ProfilePlan, after: ProfilePlan): readonly Pair[] {
  return after.listeners.map((to) => [before.listeners.find(({ name }) => name === to.name) ?? to, to]);
}

function listenerFields(pairs: readonly Pair[], part: (listener: ListenerPlan) => object): readonly string[] {
  return pairs.flatMap(([from, to]) =>
    fieldsThatDiffer(part(from), part(to)).map((field) => `listeners.${to.name}.${field}`),
  );
}

/** The settings that a gateway gets at its start. */
function addressOf({ host, port, portEnv }: ListenerPlan): object {
  return { host, port, portEnv };
}

/** The settings that gwproxy can change while the gateway runs. */
function serviceOf({ paths, health, liveness }: ListenerPlan): object {
  return { paths, health, liveness };
}

/** gwproxy changes it while the gateway runs, too. It is the path of a `url`. */
function prefixFields(pairs: readonly Pair[], { kind }: Launch): readonly string[] {
  const fields = listenerFields(pairs, ({ addPrefix }) => ({ addPrefix }));
  return kind === 'url' && fields.length > 0 ? ['url'] : fields;
}

const POLICIES = [
  'start',
  'startTimeout',
  'after',
  'startGroup',
  'idleTimeout',
  'ownerCheck',
  'maxMemory',
  'logFile',
  'verify',
  'delivery',
  'restart',
  'schedule',
  'stop',
] as const;

function policyFields(before: ProfilePlan, after: ProfilePlan): readonly string[] {
  return POLICIES.filter((field) => !isDeepStrictEqual(before[field], after[field])).map(inConfig);
}

/** The keys that differ between two objects, named as in the config. */
export function fieldsThatDiffer(before: object, after: object): readonly string[] {
  return keysThatDiffer(before, after).map(inConfig);
}

function keysThatDiffer(before: object, after: object): readonly string[] {
  const from = new Map<string, unknown>(Object.entries(before));
  const to = new Map<string, unknown>(Object.entries(after));
  return [...new Set([...from.keys(), ...to.keys()])].filter(
    (key) => from.has(key) !== to.has(key) || !isDeepStrictEqual(from.get(key), to.get(key)),
  );
}

/** `maxOpenFiles` becomes `max_open_files`. */
function inConfig(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
