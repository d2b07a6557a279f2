import { isPlainObject } from './plain-object.ts';

/** One app as pm2 reads it: its fields by their proper names, whatever alias they were written under. */
export interface App {
  readonly name: string;
  /** dump: what pm2 runs, its defaults and its shell's environment filled in. */
  readonly kind: 'ecosystem' | 'dump';
  readonly fields: ReadonlyMap<string, unknown>;
  /** `env_production: …` by the name behind `env_`. */
  readonly environments: ReadonlyMap<string, unknown>;
  /** Keys that pm2 does not know. */
  readonly unknown: readonly string[];
}

/**
 * Every field of an app that pm2 7 knows (lib/API/schema.json), with the other names that it takes for it;
 * `cmd` and `command` are lib/Common.js's. Each is also taken in camel case.
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

const PROPER_NAMES: ReadonlyMap<string, FieldName> = new Map(
  FIELD_NAMES.flatMap((name) => [camelCase(name), ...ALIASES[name]].map((alias) => [alias, name] as const)),
);

/** What a dump says of an app, and the field that it stands for. The names differ once pm2 has resolved them. */
const RESOLVED: ReadonlyMap<string, FieldName> = new Map([
  ['pm_exec_path', 'script'],
  ['pm_cwd', 'cwd'],
  ['pm_out_log_path', 'out_file'],
  ['pm_err_log_path', 'error_file'],
  ['pm_log_path', 'log_file'],
  ['pm_pid_path', 'pid_file'],
]);

/** An app of an ecosystem file. A field by its proper name beats its aliases, where it says anything. */
export function ecosystemApp(written: Readonly<Record<string, unknown>>, index: number): App {
  const fields = new Map<string, unknown>();
  const environments = new Map<string, unknown>();
  const unknown: string[] = [];
  for (const [key, value] of Object.entries(written)) {
    // What is false or 0 counts only for the names that are one word (lib/tools/Config.js, validateJSON).
    if (isFieldName(key) && isSaid(value) && (value || camelCase(key) === key)) fields.set(key, value);
    else if (/^env_\S+$/.test(key)) environments.set(key.slice(4), value);
    else if (!isFieldName(key) && !PROPER_NAMES.has(key)) unknown.push(key);
  }
  for (const [key, value] of Object.entries(written)) {
    const name = PROPER_NAMES.get(key);
    // As in pm2's lib/tools/Config.js: an alias counts where the name itself says nothing or something false.
    if (name !== undefined && name !== key && isSaid(value) && !fields.get(name)) fields.set(name, value);
  }
  return { name: nameOf(fields, index), kind: 'ecosystem', fields, environments, unknown };
}

/** A process description of pm2's dump. What pm2 itself keeps there is no field of the app. */
export function dumpedApp(written: Readonly<Record<string, unknown>>, index: number): App {
  const env = isPlainObject(written['env']) ? written['env'] : {};
  const fields = new Map<string, unknown>();
  for (const [key, value] of Object.entries(written)) {
    // pm2 spreads the environment over the description: what is the same in both is a variable.
    const isVariable = Object.hasOwn(env, key) && env[key] === value;
    if (isFieldName(key) && isSaid(value) && !isVariable && key !== 'cwd') fields.set(key, value);
  }
  for (const [key, name] of RESOLVED) {
    if (isSaid(written[key])) fields.set(name, written[key]);
  }
  if (written['status'] === 'stopped') fields.set('autostart', false);
  return { name: nameOf(fields, index), kind: 'dump', fields, environments: new Map(), unknown: [] };
}

/** pm2's own: the name, else the script's without its folder and ending (lib/Common.js). */
function nameOf(fields: ReadonlyMap<string, unknown>, index: number): string {
  const name = fields.get('name');
  if (typeof name === 'string' || typeof name === 'number') return String(name);
  const script = fields.get('script');
  if (typeof script !== 'string') return `app ${index + 1}`;
  const base = script.slice(script.lastIndexOf('/') + 1);
  const dot = base.lastIndexOf('.');
  return dot > 0 ? base.slice(0, dot) : base;
}

export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(ALIASES, name);
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function camelCase(name: string): string {
  return name.replace(
    /_([a-z0-9])([a-z0-9])/gi,
    (_, first: string, second: string) => first.toUpperCase() + second,
  );
}
