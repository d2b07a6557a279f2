import { isPlainObject } from '../../../util/plain-object.ts';

/** Values by the names of their variables. */
export type Variables = Readonly<Record<string, unknown>>;

/** One app as pm2 reads it: its fields by their canonical names, whatever alias they were written under. */
export interface App {
  readonly name: string;
  /** dump: what pm2 runs, with its defaults and its shell's environment filled in. */
  readonly kind: 'ecosystem' | 'dump';
  readonly fields: ReadonlyMap<string, unknown>;
  /** The `env_production: …` of the app, by the name behind `env_`. */
  readonly environments: ReadonlyMap<string, Variables>;
  /** What is named as an environment and holds no variables, such as `env_file: .env`, by its whole name. */
  readonly noEnvironments: ReadonlyMap<string, unknown>;
  /** Keys that pm2 does not know. */
  readonly unknown: readonly string[];
}

/**
 * Every field of an app that pm2 7 knows (lib/API/schema.json), with its aliases; `cmd` and `command` are from
 * lib/Common.js. pm2 also accepts each in camel case.
 */
const ALIASES = {
  script: ['exec', 'cmd', 'command'],
  name: [],
  name_prefix: [],
  filter_env: [],
  namespace: [],
  install_url: [],
  cwd: [],
  args: [],
  exec_interpreter: ['interpreter'],
  node_args: ['interpreterArgs', 'interpreter_args'],
  out_file: ['out', 'output', 'out_log'],
  error_file: ['error', 'err', 'err_file', 'err_log'],
  log_file: ['log'],
  disable_logs: [],
  log_type: [],
  log_date_format: [],
  time: [],
  env: [],
  max_memory_restart: [],
  pid_file: ['pid'],
  restart_delay: [],
  exp_backoff_restart_delay: [],
  source_map_support: [],
  disable_source_map_support: [],
  wait_ready: [],
  instances: [],
  kill_timeout: [],
  shutdown_with_message: [],
  listen_timeout: [],
  cron_restart: ['cron'],
  merge_logs: ['combine_logs'],
  vizion: [],
  autostart: [],
  autorestart: [],
  stop_exit_codes: [],
  watch_delay: [],
  watch: [],
  ignore_watch: [],
  watch_options: [],
  min_uptime: [],
  max_restarts: [],
  execute_command: [],
  exec_mode: [],
  force: [],
  append_env_to_name: [],
  post_update: [],
  trace: [],
  disable_trace: [],
  v8: [],
  event_loop_inspector: [],
  deep_monitoring: [],
  increment_var: [],
  instance_var: [],
  pmx: [],
  automation: [],
  treekill: [],
  port: [],
  username: [],
  uid: ['user'],
  gid: [],
  windowsHide: [],
  kill_retry_time: [],
  write: [],
  io: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type FieldName = keyof typeof ALIASES;

export const FIELD_NAMES = Object.keys(ALIASES).filter(isFieldName);

const CANONICAL_NAMES: ReadonlyMap<string, FieldName> = new Map(
  FIELD_NAMES.flatMap((name) => [camelCase(name), ...ALIASES[name]].map((alias) => [alias, name] as const)),
);

const ENVIRONMENT = /^env_\S+$/;

/** Names in a dump, and the field that each holds the resolved value of. */
const RESOLVED: ReadonlyMap<string, FieldName> = new Map([
  ['pm_exec_path', 'script'],
  ['pm_cwd', 'cwd'],
  ['pm_out_log_path', 'out_file'],
  ['pm_err_log_path', 'error_file'],
  ['pm_log_path', 'log_file'],
  ['pm_pid_path', 'pid_file'],
]);

/** An app of an ecosystem file. The canonical name of a field beats its aliases, unless its value is falsy. */
export function ecosystemApp(written: Readonly<Record<string, unknown>>, index: number): App {
  const fields = new Map<string, unknown>();
  const environments = new Map<string, Variables>();
  const noEnvironments = new Map<string, unknown>();
  const unknown: string[] = [];
  for (const [key, value] of Object.entries(written)) {
    // A falsy value counts only for names of one word (lib/tools/Config.js, validateJSON).
    if (isFieldName(key) && isSet(value) && (value || camelCase(key) === key)) fields.set(key, value);
    else if (ENVIRONMENT.test(key) && isPlainObject(value)) environments.set(key.slice(4), value);
    else if (ENVIRONMENT.test(key)) noEnvironments.set(key, value);
    else if (!isFieldName(key) && !CANONICAL_NAMES.has(key)) unknown.push(key);
  }
  for (const [key, value] of Object.entries(written)) {
    const name = CANONICAL_NAMES.get(key);
    // As in lib/tools/Config.js: an alias counts if the canonical name is missing or falsy.
    if (name !== undefined && name !== key && isSet(value) && !fields.get(name)) fields.set(name, value);
  }
  return { name: nameOf(fields, index), kind: 'ecosystem', fields, environments, noEnvironments, unknown };
}

/** An app of pm2's dump, without what pm2 keeps there for itself. */
export function dumpedApp(written: Readonly<Record<string, unknown>>, index: number): App {
  const env = isPlainObject(written['env']) ? written['env'] : {};
  const fields = new Map<string, unknown>();
  for (const [key, value] of Object.entries(written)) {
    // pm2 spreads the environment over the description: what is the same in both is a variable, not a field.
    const isVariable = Object.hasOwn(env, key) && env[key] === value;
    if (isFieldName(key) && isSet(value) && !isVariable && key !== 'cwd') fields.set(key, value);
  }
  for (const [key, name] of RESOLVED) {
    if (isSet(written[key])) fields.set(name, written[key]);
  }
  if (written['status'] === 'stopped') fields.set('autostart', false);
  return {
    name: nameOf(fields, index),
    kind: 'dump',
    fields,
    environments: new Map(),
    noEnvironments: new Map(),
    unknown: [],
  };
}

/** The app's name, or as in lib/Common.js the script's without folder and extension. */
function nameOf(fields: ReadonlyMap<string, unknown>, index: number): string {
  const name = fields.get('name');
  if (typeof name === 'string' || typeof name === 'number') return String(name);
  const script = fields.get('script');
  if (typeof script !== 'string') return `app ${index + 1}`;
  const base = script.slice(script.lastIndexOf('/') + 1);
  const dot = base.lastIndexOf('.');
  return dot > 0 ? base.slice(0, dot) : base;
}

/** Whether pm2 reads that key of an app, under its name or an alias. */
export function isAppField(name: string): boolean {
  return isFieldName(name) || CANONICAL_NAMES.has(name) || ENVIRONMENT.test(name);
}

export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(ALIASES, name);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function camelCase(name: string): string {
  return name.replace(
    /_([a-z0-9])([a-z0-9])/gi,
    (_, first: string, second: string) => first.toUpperCase() + second,
  );
}
