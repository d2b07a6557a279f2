import { shellWord } from '../shell-word.ts';
import { type Note, note } from './notes.ts';
import { numberOf } from './pm2-values.ts';
import type { App, FieldName } from './source/pm2-app.ts';

/** What a profile is called, and how `gwproxy` is told of its config. */
export interface ProfilePlace {
  readonly profile: string;
  /** Absolute. */
  readonly configFile: string;
  /** The command that it got. */
  readonly command: readonly string[];
}

type Rule = (value: unknown, app: App, place: ProfilePlace) => string | null;

/** Nothing is lost: gwproxy does it anyway, or it means something to pm2 alone. */
const harmless: Rule = () => null;
/** What it became is told where it is made use of. */
const used: Rule = () => null;

function unless(usual: (value: unknown) => boolean, told: string): Rule {
  return (value) => (usual(value) ? null : told);
}

const isFalsy = (value: unknown): boolean => !value || value === 'false' || value === '0';
const isTrue = (value: unknown): boolean => value === true || value === 'true';

const MONITORING = "is pm2's own monitoring; `gwproxy status` shows state, memory and requests";

/** Every field that pm2 knows: what becomes of it, or what to do instead. */
const RULES: Readonly<Record<FieldName, Rule>> = {
  script: used,
  name: used,
  cwd: used,
  args: used,
  exec_interpreter: used,
  node_args: used,
  env: used,
  port: used,
  out_file: used,
  error_file: used,
  log_file: used,
  disable_logs: used,
  max_memory_restart: used,
  restart_delay: used,
  exp_backoff_restart_delay: used,
  autostart: used,
  autorestart: used,
  stop_exit_codes: used,
  min_uptime: used,
  max_restarts: used,
  kill_timeout: used,
  wait_ready: used,
  uid: used,
  gid: used,
  append_env_to_name: used,
  source_map_support: used,
  listen_timeout: (value) =>
    (numberOf(value) ?? 0) > 60_000
      ? null
      : 'left out: past it pm2 takes an app for ready, while a start_timeout (60s) ends one that is not',
  cron_restart: (value, _app, place) =>
    isFalsy(value) ? null : `no equal; as a line of \`crontab -e\`: ${cronLine(String(value), place)}`,
  watch: (value, app, place) => (isFalsy(value) ? null : watchText(app, place)),
  ignore_watch: harmless,
  watch_options: harmless,
  watch_delay: harmless,
  instances: (value) => {
    const count = numberOf(value) ?? 0;
    if (count === 1) return null;
    const written = count > 0 ? String(count) : 'as many as there are cores';
    return `${written}: one process runs here, since a bot has one gateway; split its work over more profiles if one is too slow`;
  },
  exec_mode: harmless,
  instance_var: unless((value) => value === 'NODE_APP_INSTANCE', 'is set for no gateway: write it under env'),
  increment_var: (value) => `${String(value)} is the same at every start: write it under env`,
  log_type: unless((value) => value !== 'json', 'output is kept line by line, as it was written'),
  log_date_format: (value) => (isFalsy(value) ? null : 'every line has its time, as ISO 8601 in UTC'),
  time: harmless,
  merge_logs: harmless,
  pid_file: (_value, app) => (app.kind === 'dump' ? null : 'no equal: `gwproxy status --json` has every pid'),
  shutdown_with_message: unless(
    isFalsy,
    "no equal: stop on the signal SIGINT instead of the message 'shutdown'",
  ),
  treekill: unless(isTrue, 'no equal: all processes of a gateway end with it'),
  namespace: unless(
    (value) => value === 'default' || isFalsy(value),
    'no equal: `gwproxy restart A B` takes several profiles',
  ),
  filter_env: harmless,
  post_update: (value) =>
    Array.isArray(value) && value.length === 0
      ? null
      : 'no equal: run it after an update, then `gwproxy restart`',
  trace: unless(isFalsy, MONITORING),
  v8: unless(isFalsy, MONITORING),
  event_loop_inspector: unless(isFalsy, MONITORING),
  deep_monitoring: unless(isFalsy, MONITORING),
  io: unless((value) => isFalsy(value) || JSON.stringify(value) === '{}', MONITORING),
  pmx: harmless,
  automation: harmless,
  disable_trace: harmless,
  vizion: harmless,
  name_prefix: harmless,
  install_url: harmless,
  disable_source_map_support: harmless,
  execute_command: harmless,
  force: harmless,
  username: harmless,
  windowsHide: harmless,
  kill_retry_time: harmless,
  write: harmless,
};

/** What has no equal here, each with what to do instead, in the order in which it was written. */
export function unsupportedNotes(app: App, place: ProfilePlace): readonly Note[] {
  const told = [...app.fields].flatMap(([name, value]) => {
    const text = isRule(name) ? RULES[name](value, app, place) : null;
    return text === null ? [] : [note(name, text)];
  });
  const unknown = app.unknown.map((name) =>
    note(name, 'is no field of pm2, which passes over it, and left out here too'),
  );
  return [...told, ...unknown];
}

function isRule(name: string): name is FieldName {
  return Object.hasOwn(RULES, name);
}

/** cron(8) has no seconds, reads '%' as the end of a line, and runs with a PATH of its own. */
function cronLine(pattern: string, { profile, configFile }: ProfilePlace): string {
  const fields = pattern.trim().split(/\s+/);
  const withoutSeconds = fields.length === 6 ? fields.slice(1) : fields;
  const file = shellWord(configFile).replaceAll('%', '\\%');
  return `${withoutSeconds.join(' ')} gwproxy restart ${profile} -c ${file}`;
}

function watchText(app: App, { profile, command }: ProfilePlace): string {
  const others = ['ignore_watch', 'watch_options', 'watch_delay'].filter((field) => app.fields.has(field));
  const beside = others.length === 0 ? '' : ` (with ${others.join(', ')})`;
  const [program, script] = command;
  const own = program === 'node' ? `; while you work on it: command: [node, --watch, ${script}, …]` : '';
  return `no equal${beside}: \`gwproxy restart ${profile}\` after a change${own}`;
}
