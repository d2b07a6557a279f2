import { shellWord } from '../../../util/shell-word.ts';
import { type Problem, problemAt } from '../../problems.ts';
import { type MapTree, type Tree, treeAt } from '../../source/yaml-tree.ts';
import type { Derived, Preset, PresetContext } from '../preset.ts';
import { list, map, scalar } from '../tree-values.ts';
import { type Endpoint, endpointsOf } from './openclaw-endpoints.ts';
import { listenerFields, routeFields, verifyFields } from './openclaw-fields.ts';
import { readOpenClawFiles } from './openclaw-files.ts';
import { isOpenClawFolder, type OpenClawHome, openClawCommand, openClawHome } from './openclaw-home.ts';
import { exclusiveOf, gatewayPort, PORT_VARIABLE } from './openclaw-port.ts';
import { Settings, type Variable } from './openclaw-settings.ts';
import { proxyWarnings, routeWarnings, startProblems, verifyWarnings } from './openclaw-warnings.ts';

/** Keys of a route by which requests of any sender may come. */
const SCOPES = ['path', 'host', 'header', 'json'];

type Fields = Readonly<Record<string, Tree>>;

/**
 * A profile of OpenClaw (the npm package openclaw), with a gateway process of its own. Made for version 2026.9. Port,
 * public paths, routes and secrets are read from the profile's own openclaw.json, which the gateway follows.
 */
export const openclaw: Preset = {
  name: 'openclaw',
  options: {
    profile:
      "The name of the OpenClaw profile, if it differs from the name here; 'default' is OpenClaw's own.",
  },
  knownHolders: [
    {
      // Its command line is its title alone; its own service sets the variables.
      name: "OpenClaw's own gateway and not run by gwproxy",
      programs: ['openclaw-gateway'],
      args: [],
      stop: {
        program: 'openclaw',
        options: [],
        args: ['gateway', 'stop'],
        env: ['OPENCLAW_PROFILE', 'OPENCLAW_STATE_DIR'],
      },
    },
  ],
  async derive(context) {
    const home = openClawHome(context);
    if (typeof home === 'string') return failed(launchFields(null, null, context), context, home);
    if (!(await isOpenClawFolder(home.folder, context.files)) && !home.env.has('OPENCLAW_CONFIG_PATH')) {
      const make = `make it with \`${openClawCommand(home, shellWord)} setup\``;
      return failed(
        launchFields(home, null, context),
        context,
        `there is no OpenClaw profile in ${home.folder}; ${make}`,
        [home.configFile],
      );
    }
    return derived(home, context);
  },
};

function failed(
  fields: Fields,
  { source }: PresetContext,
  message: string,
  files: readonly string[] = [],
): Derived {
  return { fields: map(fields, source), problems: [problemAt(source, message)], warnings: [], files };
}

async function derived(home: OpenClawHome, context: PresetContext): Promise<Derived> {
  const { source, own } = context;
  const { config: tree, env, ...read } = await readOpenClawFiles(home, context.files);
  if (tree === null) return { ...read, fields: map(launchFields(home, null, context), source), warnings: [] };

  const variable = variables(env, tree, context);
  const config = new Settings([tree], variable);
  const { endpoints, problems } = endpointsOf(config, variable);
  const portProblems: Problem[] = [];
  const place = treeAt(own, ['env', PORT_VARIABLE])?.source ?? source;
  const port = gatewayPort(config, variable, place, portProblems);
  const hasRoutes = own.entries.has('routes');
  const wanted = own.entries.has('verify') ? [] : verifiable(endpoints, context);
  const unread = withoutSecret(wanted, endpoints);
  const known = wanted.filter(({ channel }) => unread.every((one) => one.channel !== channel));
  const verify = verifyFields(known, source);
  return {
    fields: map(
      {
        ...launchFields(home, config, context),
        // OpenClaw reads a .env in its working folder: here it is the one beside its state, which it reads anyway.
        cwd: scalar(home.folder, source),
        ...(port === null
          ? {}
          : {
              listeners: listenerFields(
                { host: hostOf(config), port, variable: PORT_VARIABLE },
                endpoints,
                source,
              ),
            }),
        routes: routeFields(endpoints, source),
        ...(verify === null ? {} : { verify }),
      },
      source,
    ),
    problems: [...read.problems, ...startProblems(config, home), ...portProblems, ...problems],
    warnings: [
      ...proxyWarnings(config, home, endpoints),
      ...verifyWarnings(unread),
      ...(hasRoutes || context.profilePaths ? [] : routeWarnings(context.profile, endpoints)),
    ],
    files: read.files,
    exclusive: exclusiveOf(home, port, own, source),
  };
}

/** Where it is not written that the gateway listens for the network, it is told not to: in a container it would. */
function launchFields(
  home: Pick<OpenClawHome, 'profile'> | null,
  config: Settings | null,
  { source }: PresetContext,
): Fields {
  const profile = home === null || home.profile === null ? [] : ['--profile', home.profile];
  const bind = config === null || config.has('gateway', 'bind') ? [] : ['--bind', 'loopback'];
  const words = ['openclaw', ...profile, 'gateway', 'run', ...bind];
  const env = {
    // A restart that OpenClaw asks of itself stays in this process, and updates wait for gwproxy to end it.
    OPENCLAW_NO_RESPAWN: '1',
    OPENCLAW_SUPERVISOR_MODE: 'external',
    NO_COLOR: '1',
  };
  return {
    command: list(
      words.map((word) => scalar(word, source)),
      source,
    ),
    env: map(
      Object.fromEntries(Object.entries(env).map(([name, value]) => [name, scalar(value, source)])),
      source,
    ),
    // Measured on two cores: ready after 12 to 24 s when all is quiet, after 130 s when the machine is busy.
    start_timeout: scalar('5m', source),
    // OpenClaw lets running turns end, for at most 315 s, and cleans up in 10 s (gateway-shutdown-budget.mjs).
    stop: map({ drain: scalar('15s', source), grace: scalar('330s', source) }, source),
  };
}

/** The variables that the gateway sees: its environment, then its own .env, then `env.vars` of its config. */
function variables(env: ReadonlyMap<string, string>, tree: MapTree, context: PresetContext): Variable {
  return (name) => {
    const written = treeAt(tree, ['env', 'vars', name]) ?? treeAt(tree, ['env', name]);
    const inConfig =
      written?.kind === 'scalar' && typeof written.value === 'string' ? written.value : undefined;
    return context.env.get(name) || env.get(name) || inConfig || undefined;
  };
}

/** A gateway that is bound to one address of the network listens on 127.0.0.1 too (docs/gateway/config-gateway.md). */
function hostOf(config: Settings): string {
  const bind = config.text('gateway', 'bind')?.text;
  const custom = config.text('gateway', 'customBindHost')?.text;
  return bind === 'lan' || (bind === 'custom' && custom === '0.0.0.0') ? '0.0.0.0' : '127.0.0.1';
}

/** `verify` needs a route by which such a request may come. */
function verifiable(
  endpoints: readonly Endpoint[],
  { own, profilePaths }: PresetContext,
): readonly Endpoint[] {
  if (profilePaths) return endpoints.filter(({ verify }) => verify !== null);
  const routes = treeAt(own, ['routes']);
  const written = routes?.kind === 'list' ? routes.items.filter((item) => item.kind === 'map') : [];
  const isOpen = written.some((item) => SCOPES.some((key) => item.entries.has(key)));
  const derived = routes === undefined ? endpoints.map(({ route }) => route?.sender) : [];
  return endpoints.filter(
    ({ verify }) =>
      verify !== null &&
      (isOpen || derived.includes(verify.sender) || written.some((item) => item.entries.has(verify.sender))),
  );
}

/**
 * Endpoints of the same channels whose secret gwproxy cannot read. A rule holds for all requests of its sender, so that
 * one known secret would refuse the others' requests.
 */
function withoutSecret(verifiable: readonly Endpoint[], endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const channels = new Set(verifiable.map(({ channel }) => channel));
  return endpoints.filter(({ channel, verify }) => verify === null && channels.has(channel));
}
