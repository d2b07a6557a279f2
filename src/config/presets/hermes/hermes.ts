import { isAbsolute } from 'node:path';
import type { Source } from '../../../routing/route.ts';
import { didYouMean, type Problem, problemAt } from '../../problems.ts';
import { type MapTree, type Tree, treeAt, valueSource } from '../../source/yaml-tree.ts';
import type { Derived, Preset, PresetContext } from '../preset.ts';
import { list, map, scalar } from '../tree-values.ts';
import { readHermesFiles } from './hermes-files.ts';
import { DEFAULT_PROFILE, HERMES_NAME, hermesRoot, profileHome, profilesBelow } from './hermes-home.ts';
import { type HermesListener, hermesListeners } from './hermes-listeners.ts';
import { type HermesRoute, MESSAGES_PATH } from './hermes-platforms.ts';
import type { Setting, Variable } from './hermes-settings.ts';
import { agentSlug, hermesWarnings } from './hermes-warnings.ts';

/** Seconds. On SIGTERM Hermes waits for its running turns as long as its config allows, then needs up to 3 s. */
const CLEAN_UP_S = 15;
const LONGEST_WAIT_S = 3600;

/**
 * A profile of Hermes Agent (the Python package hermes-agent), with a gateway process of its own. Made for
 * version 0.19 with hermes-a365 0.8, and for 0.22 with 0.9. Ports and app ids are read from the profile's own config.yaml
 * and .env, which the gateway follows, so that they are written only once.
 */
export const hermes: Preset = {
  name: 'hermes',
  options: {
    profile: "The name of the Hermes profile, if it differs from the name here; 'default' is Hermes' own.",
  },
  knownHolders: [
    {
      // Started by hand, by its service or by `hermes gateway start`; it may serve every profile of its root.
      name: "Hermes' own gateway and not run by gwproxy",
      programs: ['hermes', 'hermes_cli.main'],
      args: ['gateway', 'run'],
      stop: {
        program: 'hermes',
        options: ['-p', '--profile'],
        args: ['gateway', 'stop'],
        env: ['HERMES_HOME'],
      },
    },
  ],
  async derive(context) {
    const name = context.options.get('profile') ?? context.profile;
    const written = context.env.get('HERMES_HOME');
    const root = hermesRoot(written, context.env.get('HOME') || context.home);
    const launch = launchFields(name, root, context);
    if (!HERMES_NAME.test(name)) {
      return launchOnly(
        launch,
        context,
        "a Hermes profile's name may hold a-z, 0-9, '-' and '_', at most 64 characters",
      );
    }
    if (written !== undefined && !isAbsolute(written)) {
      const source = valueSource(context.own, ['env', 'HERMES_HOME']);
      return launchOnly(launch, { source }, 'HERMES_HOME must be an absolute path, or begin with ~/');
    }
    const home = profileHome(root, name);
    if (!(await context.files.isFolder(home))) {
      if (name === DEFAULT_PROFILE) {
        return launchOnly(launch, context, `there is no Hermes home in ${home}; write HERMES_HOME as it is`);
      }
      const near = didYouMean(name, await profilesBelow(root, context.files));
      const make = `make it with \`hermes profile create ${name}\``;
      return launchOnly(launch, context, `there is no Hermes profile in ${home}${near || `; ${make}`}`);
    }
    return derived({ name, root, home }, launch, context);
  },
};

type Fields = Readonly<Record<string, Tree>>;

/** A Hermes profile that exists. */
interface Found {
  readonly name: string;
  readonly root: string;
  /** The profile's own folder. */
  readonly home: string;
}

function launchOnly(fields: Fields, { source }: Pick<PresetContext, 'source'>, message: string): Derived {
  return { fields: map(fields, source), problems: [problemAt(source, message)], warnings: [], files: [] };
}

function launchFields(name: string, root: string, { source }: PresetContext): Fields {
  // Without --external-supervisor a restart may leave a successor behind that no supervisor owns, and Hermes' own
  // limit on restarts would add waits of up to minutes to gwproxy's.
  const command = ['hermes', '-p', name, 'gateway', 'run', '--external-supervisor'];
  return {
    command: list(
      command.map((word) => scalar(word, source)),
      source,
    ),
    env: map({ HERMES_HOME: scalar(root, source), HERMES_GATEWAY_MAX_STARTS: scalar('0', source) }, source),
    // Profiles of one root that start together end with exit code 75 in 0.22: one at a time they are ready sooner.
    start_group: scalar(root, source),
    // Measured: one alone listens after 2 to 3 s, four at once on a busy machine after 22 s.
    start_timeout: scalar('90s', source),
  };
}

async function derived(
  { name, root, home }: Found,
  launch: Fields,
  context: PresetContext,
): Promise<Derived> {
  const { source, own } = context;
  const read = await readHermesFiles(home, context.files);
  // Hermes' own service units run it in this folder too.
  const fields = { ...launch, cwd: scalar(home, source), stop: stopFields(read.config, context) };
  const { config, files } = read;
  if (config === null) {
    return { fields: map(fields, source), problems: read.problems, warnings: read.warnings, files };
  }
  const env = withInherited(read.env, context);
  const { listeners, problems, warnings } = hermesListeners(config, env);
  const [first, second] = listeners.filter((listener) => isMessages(listener) && !hasOwnPaths(listener, own));
  const both = first !== undefined && second !== undefined;
  const remaining = both ? listeners.filter((listener) => listener !== second) : listeners;
  const userHome = context.env.get('HOME') || context.home;
  const isUsualRoot = root === hermesRoot(undefined, userHome);
  const profile = { name, root: isUsualRoot ? null : root, config, env: read.env, listeners };
  const isSilent = listeners.length + problems.length === 0 && !own.entries.has('listeners');
  return {
    fields: map(
      { ...fields, ...(isSilent ? silentFields(context) : requestFields(remaining, context)) },
      source,
    ),
    problems: [
      ...read.problems,
      ...problems,
      ...(own.entries.has('routes') ? [] : listeners.flatMap(withoutApp)),
      ...(both ? [bothAt(first, second)] : []),
    ],
    warnings: [...read.warnings, ...warnings, ...hermesWarnings(profile)],
    files,
    exclusive: agentSlug(config, env, userHome, listeners),
  };
}

/** A profile that only polls, keeps connections of its own or runs jobs. A fatal mistake in its config ends it after 5.6 s. */
function silentFields({ source }: PresetContext): Fields {
  return { listeners: scalar('none', source), ready_after: scalar('7s', source) };
}

function requestFields(listeners: readonly HermesListener[], { source, own }: PresetContext): Fields {
  const routes = listeners
    .filter((listener) => isReached(listener, own))
    .flatMap((listener) => listener.routes.map((route) => routeTree(route, source)));
  return {
    ...(listeners.length > 0 ? { listeners: map(listenerFields(listeners), source) } : {}),
    routes: list(routes, source),
  };
}

/** Looks a variable up in .env, then in the gateway's environment (hermes_cli/env_loader.py). */
function withInherited(own: Variable, { env, own: profile, source }: PresetContext): Variable {
  return (name): Setting | undefined => {
    const inherited = env.get(name);
    const place = treeAt(profile, ['env', name])?.source ?? source;
    return own(name) ?? (inherited ? { text: inherited, source: place, name, hidden: true } : undefined);
  };
}

function stopFields(config: MapTree | null, { source }: PresetContext): Tree {
  const wait = config === null ? undefined : treeAt(config, ['agent', 'restart_drain_timeout']);
  const seconds = wait?.kind === 'scalar' ? Number(wait.value) : 0;
  const drain = seconds > 0 ? Math.min(Math.ceil(seconds), LONGEST_WAIT_S) : 0;
  return map({ drain: scalar('15s', source), grace: scalar(`${drain + CLEAN_UP_S}s`, source) }, source);
}

function listenerFields(listeners: readonly HermesListener[]): Fields {
  const entries = listeners.map(({ name, source, host, port, health, paths }) => {
    const fields = {
      host: scalar(host.value, host.source),
      port: scalar(port.value, port.source),
      ...(health === null ? {} : { health: scalar(health, source) }),
      paths: list(
        paths.map((path) => scalar(path, source)),
        source,
      ),
    };
    return [name, map(fields, source)] as const;
  });
  return Object.fromEntries(entries);
}

function routeTree({ sender, fields }: HermesRoute, source: Source): Tree {
  const entries = Object.entries(fields).map(([field, values]) => {
    const place = values[0]?.source ?? source;
    const texts = values.map((value) => scalar(value.text, value.source));
    return [field, list(texts, place)] as const;
  });
  const place = entries[0]?.[1].source ?? source;
  return map({ [sender]: map(Object.fromEntries(entries), place) }, place);
}

function isMessages({ paths }: HermesListener): boolean {
  return paths.includes(MESSAGES_PATH);
}

function hasOwnPaths({ name }: HermesListener, own: MapTree): boolean {
  return treeAt(own, ['listeners', name, 'paths']) !== undefined;
}

/** False if the profile's own config leaves the listener no public paths. */
function isReached({ name }: HermesListener, own: MapTree): boolean {
  const paths = treeAt(own, ['listeners', name, 'paths']);
  return paths?.kind !== 'list' || paths.items.length > 0;
}

function withoutApp({ platform, source, paths, routes }: HermesListener): readonly Problem[] {
  if (!paths.includes(MESSAGES_PATH) || routes.length > 0) return [];
  const key = platform === 'teams' ? 'client_id' : 'app_id';
  const message = `${platform} is on without ${key}: no activity can be routed to it`;
  return [problemAt(source, message)];
}

function bothAt(first: HermesListener, second: HermesListener): Problem {
  const message =
    `${first.platform} and ${second.platform} both answer at ${MESSAGES_PATH}, and only the path tells a profile's ` +
    `listeners apart; turn one off, or write listeners: { ${first.name}: { paths: [] } } and give ` +
    `${first.platform} a profile of its own with url: http://127.0.0.1:${first.port.value} and its routes`;
  return problemAt(second.source, message);
}
