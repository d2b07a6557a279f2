import { basename, extname } from 'node:path';
import { type Note, note, type ProfilePlace } from './notes.ts';
import { isFalsy, numberOf } from './pm2-values.ts';
import { START_TIMEOUT } from './restart-and-limits.ts';
import type { App, FieldName } from './source/pm2-app.ts';

/** The text of a note; null if the field needs none. */
type Rule = (value: unknown, app: App, place: ProfilePlace) => string | null;

/** gwproxy does it anyway, or the field matters to pm2 alone. */
const harmless: Rule = () => null;
/** Converted, and any note written, by the file that reads the field. */
const converted: Rule = () => null;

function unless(isUsual: (value: unknown) => boolean, text: string): Rule {
  return (value) => (isUsual(value) ? null : text);
}

const isTrue = (value: unknown): boolean => value === true || value === 'true';

const MONITORING =
  "is pm2's own monitoring and is left out; `gwproxy status` shows state, memory and requests";

/** A rule for every field that pm2 knows. */
const RULES: Readonly<Record<FieldName, Rule>> = {
  script: converted,
  name: converted,
  cwd: converted,
  args: converted,
  exec_interpreter: converted,
  node_args: converted,
  env: converted,
  port: converted,
  out_file: converted,
  error_file: converted,
  log_file: converted,
  disable_logs: converted,
  max_memory_restart: converted,
  restart_delay: converted,
  exp_backoff_restart_delay: converted,
  autostart: converted,
  autorestart: converted,
  stop_exit_codes: converted,
  min_uptime: converted,
  max_restarts: converted,
  kill_timeout: converted,
  wait_ready: converted,
  cron_restart: converted,
  uid: converted,
  gid: converted,
  append_env_to_name: converted,
  source_map_support: converted,
  listen_timeout: (value) =>
    (numberOf(value) ?? 0) > START_TIMEOUT
      ? null
      : 'is left out: after it pm2 considers an app ready, while gwproxy ends one that is not ready within start_timeout (60s)',
  watch: (value, app, place) => (isFalsy(value) ? null : watchText(app, place)),
  ignore_watch: harmless,
  watch_options: harmless,
  watch_delay: harmless,
  instances: (value) => {
    const count = numberOf(value) ?? 0;
    if (count === 1) return null;
    const written = count > 0 ? String(count) : 'as many as there are cores';
    return `is ${written}; gwproxy runs one process per profile: if one is too slow, split the bot's work over several profiles`;
  },
  exec_mode: harmless,
  instance_var: unless(
    (value) => value === 'NODE_APP_INSTANCE',
    'is not set by gwproxy; write the variable under env if the bot reads it',
  ),
  increment_var: (value) =>
    `${String(value)} does not grow from instance to instance here; write it under env`,
  log_type: unless(
    (value) => value !== 'json',
    'is left out: output is logged line by line, as it was written',
  ),
  log_date_format: (value) =>
    isFalsy(value) ? null : 'is left out: every log line has its time, as ISO 8601 in UTC',
  time: harmless,
  merge_logs: harmless,
  pid_file: (_value, app) =>
    app.kind === 'dump' ? null : 'is left out: `gwproxy status --json` shows every pid',
  shutdown_with_message: unless(
    isFalsy,
    "gwproxy sends no messages; have the bot stop on the signal SIGINT instead of the message 'shutdown'",
  ),
  treekill: unless(isTrue, 'is left out: gwproxy always ends all processes of a gateway'),
  namespace: unless(
    (value) => value === 'default' || isFalsy(value),
    'is left out: name the profiles instead, as in `gwproxy restart A B`',
  ),
  filter_env: harmless,
  post_update: (value) =>
    Array.isArray(value) && value.length === 0
      ? null
      : 'is left out: run it yourself after an update, then `gwproxy restart`',
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

/** A note for each field that gwproxy has no equivalent of, with what to do instead, in the order of the file. */
export function unsupportedNotes(app: App, place: ProfilePlace): readonly Note[] {
  const known = [...app.fields].flatMap(([name, value]) => {
    const text = isRule(name) ? RULES[name](value, app, place) : null;
    return text === null ? [] : [note(name, text)];
  });
  const unknown = app.unknown.map((name) =>
    note(
      name,
      name === 'deploy'
        ? 'belongs beside apps, and pm2 ignores it inside an app; left out'
        : 'is not a field of pm2, which ignores it; left out',
    ),
  );
  return [...known, ...unknown];
}

function isRule(name: string): name is FieldName {
  return Object.hasOwn(RULES, name);
}

function watchText(app: App, { profile, command }: ProfilePlace): string {
  const others = ['ignore_watch', 'watch_options', 'watch_delay'].filter((field) => app.fields.has(field));
  const beside = others.length === 0 ? '' : ` (with ${others.join(', ')})`;
  return `gwproxy does not watch a bot's files${beside}; run \`gwproxy restart ${profile}\` after a change${whileDeveloping(command)}`;
}

const PACKAGE_MANAGERS: ReadonlySet<string> = new Set(['npm', 'npx', 'yarn', 'pnpm', 'pnpx', 'corepack']);
const SCRIPTS: ReadonlySet<string> = new Set(['.js', '.cjs', '.mjs', '.ts', '.cts', '.mts']);

/** `node --watch` watches the script that Node itself is given: with a package manager that is the package manager's own. */
function whileDeveloping(command: readonly string[]): string {
  const words = command.map((word) => basename(word, extname(word)).replace(/-cli$/, ''));
  if (words.slice(0, 2).some((word) => PACKAGE_MANAGERS.has(word)))
    return '; while you develop, run a script of its package.json that watches, such as `npm run dev`, outside gwproxy';
  const [program = '', script = ''] = command;
  const runtime = basename(program);
  return (runtime === 'node' || runtime === 'bun') && SCRIPTS.has(extname(script))
    ? `; while you develop, use command: [${program}, --watch, ${script}, …]`
    : '';
}
