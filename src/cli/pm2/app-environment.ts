import { BASE_ENV } from '../../config/read/variables.ts';
import { isPlainObject } from '../../util/plain-object.ts';
import { hasSecretShape, isSecretName } from '../../util/secret.ts';
import { type Note, note } from './notes.ts';
import type { App } from './source/pm2-app.ts';

export interface Variables {
  /** Written into the config itself. */
  readonly plain: ReadonlyMap<string, string>;
  /** Written into the env_file, which only its owner can read. */
  readonly secret: ReadonlyMap<string, string>;
  /** Probably of the shell that pm2 was started in; the bot may or may not need them. Written into the env_file too. */
  readonly shell: ReadonlyMap<string, string>;
  readonly notes: readonly Note[];
}

/** What contributes to an app's environment besides its own `env`. */
export interface Chosen {
  /** `--pm2-env NAME`; null if it is not given. */
  readonly name: string | null;
  /** The environments under `deploy`; the app's own variables win. */
  readonly deployed: ReadonlyMap<string, unknown>;
}

/** The variable names that the config and env_files accept. */
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/** Variables that a shell, a desktop, npm, nvm and pm2 itself leave in an environment, and no bot needs. */
const NOISE = new RegExp(
  `^(?:${[
    '_|SHLVL|PWD|OLDPWD|SHELL|TERM|TERM_\\w+|COLORTERM|LOGNAME|MAIL|HOSTNAME|LS_COLORS|LESS\\w*|PAGER|EDITOR',
    'VISUAL|HIST\\w+|PS[1-4]|PROMPT\\w*|DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|WINDOWID|DESKTOP_SESSION|GNOME\\w*',
    'KDE\\w*|XDG_(?:SESSION\\w*|RUNTIME_DIR|SEAT\\w*|VTNR|CURRENT_DESKTOP|MENU_PREFIX|DATA_DIRS|CONFIG_DIRS|GREETER\\w*)',
    'DBUS_\\w+|SSH_\\w+|GPG_(?:TTY|AGENT_INFO)|SUDO_\\w+|TMUX\\w*|STY|VTE_\\w+|INVOCATION_ID|JOURNAL_STREAM',
    'MANAGERPID|SYSTEMD_\\w+|NVM_\\w+|npm_\\w+|PM2_\\w+|pm_\\w+|unique_id|vizion_running|NODE_APP_INSTANCE',
    'NODE_CHANNEL_\\w+|NODE_UNIQUE_ID|io',
  ].join('|')})$`,
);

/** Variables that apps set and shells rarely do. */
const APPS_OWN: ReadonlySet<string> = new Set(['PORT', 'NODE_ENV']);

/** True if a variable with that value came from the shell that pm2 was started in. */
export type Inherited = (name: string, text: string) => boolean;

/**
 * A dump does not tell an app's own variables from its shell's. What all of several apps have in common is taken for
 * the shell's; with one app alone, everything is. `apps` holds each app once.
 */
export function inheritedBy(apps: readonly App[]): Inherited {
  if (!apps.every(({ kind }) => kind === 'dump')) return () => false;
  const environments = apps.map(({ fields }) => asRecord(fields.get('env')));
  return (name, text) =>
    !APPS_OWN.has(name) && (apps.length === 1 || environments.every((env) => textOf(env[name]) === text));
}

/**
 * The environment that pm2 gives an app, without what only a shell needs. `shell` is this process's environment: what a
 * dump has in common with it is taken for the shell's too.
 */
export function variablesOf(
  app: App,
  chosen: Chosen,
  isInherited: Inherited,
  shell: Readonly<Record<string, string | undefined>>,
): Variables {
  const plain = new Map<string, string>();
  const secret = new Map<string, string>();
  const inherited = new Map<string, string>();
  const notes: Note[] = [];
  for (const [name, value] of Object.entries(environmentOf(app, chosen, notes))) {
    const text = textOf(value);
    if (text === null || isNoise(app, name, text, shell)) continue;
    if (!NAME.test(name) || text.includes('\0')) {
      notes.push(
        note('env', `${JSON.stringify(name)} is left out: its name or value cannot be written in a config`),
      );
    } else if (
      isInherited(name, text) ||
      (app.kind === 'dump' && !APPS_OWN.has(name) && shell[name] === text)
    ) {
      inherited.set(name, text);
    } else if (isSecretName(name) || hasSecretShape(text)) {
      secret.set(name, text);
    } else {
      plain.set(name, text);
    }
  }
  return { plain, secret, shell: inherited, notes: [...notes, ...unusedEnvironments(app, chosen)] };
}

function environmentOf(
  app: App,
  { name, deployed }: Chosen,
  notes: Note[],
): Readonly<Record<string, unknown>> {
  const env = app.fields.get('env');
  if (env !== undefined && !isPlainObject(env))
    notes.push(note('env', 'is not a map of names and values; left out'));
  const port = app.kind === 'ecosystem' ? app.fields.get('port') : undefined;
  return {
    ...(name === null ? {} : asRecord(deployed.get(name))),
    ...asRecord(env),
    ...(port === undefined ? {} : { PORT: port }),
    ...(name === null ? {} : asRecord(app.environments.get(name))),
  };
}

/** A note on the environments that are not used: pm2 uses none either, unless it is started with --env. */
function unusedEnvironments(app: App, { name }: Chosen): readonly Note[] {
  const others = [...app.environments.keys()].filter((environment) => environment !== name);
  if (name !== null || others.length === 0) return [];
  const fields = others.map((other) => `env_${other}`).join(', ');
  return [note(fields, `not used, as in pm2 without --env; \`init --pm2-env ${others[0]}\` uses it`)];
}

function isNoise(
  app: App,
  name: string,
  text: string,
  shell: Readonly<Record<string, string | undefined>>,
): boolean {
  // gwproxy passes these on to every gateway.
  if (BASE_ENV.some((base) => base === name) && shell[name] === text) return true;
  if (app.kind === 'dump') return NOISE.test(name) || (name === app.name && text === '{}');
  // `env: {...process.env}`
  return NOISE.test(name) && shell[name] === text;
}

/** The value as pm2 passes it, objects as JSON (lib/Common.js, mergeEnvironmentVariables). */
function textOf(value: unknown): string | null {
  if (value === undefined) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return isPlainObject(value) ? value : {};
}

/** KEY=value lines, quoted so that reading the env_file gives the same values. */
export function envFileText(variables: ReadonlyMap<string, string>): string {
  return [...variables].map(([name, value]) => `${name}=${quoted(value)}\n`).join('');
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['"', '\\"'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);

function quoted(value: string): string {
  if (/^[\w.:/@%+=,-]+$/.test(value)) return value;
  return `"${value.replace(/[\\"\n\r\t]/g, (character) => ESCAPES.get(character) ?? character)}"`;
}
