import type { Source } from '../../../routing/route.ts';
import { type Problem, problemAt } from '../../problems.ts';
import { barePrefix, prefixFault } from '../../schema/paths.ts';
import { portFault, portIn } from '../written-port.ts';
import { type Account, CHANNELS, type Channel, type Keyed, VOICE_CALL } from './openclaw-channels.ts';
import type { Setting, Settings, Variable } from './openclaw-settings.ts';

/** The gateway's own listener, which serves most channels, its control UI and its API. */
export const GATEWAY = 'gateway';

/** A path at which a gateway gets webhooks. */
export interface Endpoint {
  /** What gets them, such as `slack` or `hooks`. */
  readonly channel: string;
  readonly source: Source;
  readonly path: string;
  /** Null if it is on the gateway's own port. */
  readonly own: OwnListener | null;
  /** Null if its requests do not name the bot, or the config does not say how. */
  readonly route: Keyed | null;
  /** The route that is still to be written; null if there is one, or none is possible. */
  readonly routeToWrite: string | null;
  readonly verify: Keyed | null;
}

export interface OwnListener {
  readonly name: string;
  readonly host: string;
  readonly port: { readonly value: number; readonly source: Source };
  readonly health: string | null;
}

/** Every path at which that config lets the gateway get webhooks. Pure. */
export function endpointsOf(
  config: Settings,
  variable: Variable,
): { readonly endpoints: readonly Endpoint[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const found = [
    ...CHANNELS.flatMap((channel) =>
      accountsOf(channel, config, variable).map((account) => endpoint(channel, account, problems)),
    ),
    ...voiceCalls(config, problems),
    ...hooks(config, problems),
  ];
  return { endpoints: found.filter((one) => one !== null), problems };
}

function accountsOf(channel: Channel, config: Settings, variable: Variable): readonly Account[] {
  const root = config.map('channels', channel.name);
  const isOn =
    config.has('channels', channel.name) &&
    root.flag('enabled') !== false &&
    config.flag('plugins', 'entries', channel.name, 'enabled') !== false;
  if (!isOn) return [];
  const accounts = root.entries('accounts');
  const isAccount =
    accounts.length === 0 ||
    (channel.credentials.some((key) => root.has(key)) && accounts.every(({ name }) => name !== 'default'));
  const own: readonly Account[] = isAccount ? [{ settings: root, variable }] : [];
  const named = accounts.map(
    ({ name, map }): Account => ({
      settings: root.over(map),
      variable: name === 'default' ? variable : () => undefined,
    }),
  );
  return [...own, ...named].filter(
    (account) => account.settings.flag('enabled') !== false && channel.isPushed(account),
  );
}

function endpoint(channel: Channel, account: Account, problems: Problem[]): Endpoint | null {
  const { name, usualPath, routeToWrite } = channel;
  const written = channel.path(account);
  const path = written === undefined ? usualPath : publicPath(name, written, problems);
  const port = ownPortOf(channel, account, problems);
  if (path === null || port === null) return null;
  const route = channel.route?.(account) ?? null;
  return {
    channel: name,
    source: written?.source ?? account.settings.source,
    path,
    own: port ?? null,
    route,
    routeToWrite: route === null ? (routeToWrite ?? null) : null,
    verify: channel.verify?.(account) ?? null,
  };
}

/** Null after a problem. A prefix of every path would make the control UI public. */
function publicPath(channel: string, { text, source }: Setting, problems: Problem[]): string | null {
  const [written = ''] = text.trim().split('?');
  // OpenClaw adds the slash.
  const path = written.startsWith('/') ? written : `/${written}`;
  const bare = barePrefix(path);
  const fault =
    prefixFault(path) ?? (bare === '' ? "must not be '/', which would make all of it public" : null);
  if (fault === null) return bare;
  problems.push(problemAt(source, `${channel}: its webhook path ${fault}`));
  return null;
}

/** Null after a problem. */
function ownPortOf(
  channel: Channel,
  { settings }: Account,
  problems: Problem[],
): OwnListener | null | undefined {
  const { ownPort } = channel;
  if (ownPort === undefined) return undefined;
  const port = portAt(settings, ownPort.port, ownPort.usual, channel.name, problems);
  if (port === null) return null;
  const host = ownPort.hostAt === null ? undefined : settings.text(ownPort.hostAt)?.text;
  return { name: channel.listener ?? channel.name, host: host ?? ownPort.host, port, health: ownPort.health };
}

/** The port that is set there, or the usual one. Null after a problem. */
export function portAt(
  settings: Settings,
  path: readonly string[],
  usual: number,
  what: string,
  problems: Problem[],
): { readonly value: number; readonly source: Source } | null {
  const written = settings.text(...path);
  if (written === undefined) return { value: usual, source: settings.source };
  const value = portIn(written.text);
  if (value !== null) return { value, source: written.source };
  problems.push(portFault(written, `${what}: ${path.join('.')}`));
  return null;
}

function voiceCalls(config: Settings, problems: Problem[]): readonly (Endpoint | null)[] {
  const plugin = ['plugins', 'entries', VOICE_CALL.name];
  const settings = config.map(...plugin, 'config');
  if (config.flag(...plugin, 'enabled') !== true || settings.flag('enabled') === false) return [];
  const account: Account = { settings, variable: () => undefined };
  return [endpoint(VOICE_CALL, account, problems)];
}

/** Those of the gateway itself, and those of the bundled plugin `webhooks`: both take a bearer token and name no bot. */
function hooks(config: Settings, problems: Problem[]): readonly (Endpoint | null)[] {
  const unnamed = { own: null, route: null, routeToWrite: null, verify: null };
  const place = (channel: string, written: Setting | undefined, usual: string, source: Source) => {
    const path = written === undefined ? usual : publicPath(channel, written, problems);
    return path === null ? null : { ...unnamed, channel, source: written?.source ?? source, path };
  };
  const own = config.map('hooks');
  const plugin = config.map('plugins', 'entries', 'webhooks');
  const routes = plugin.flag('enabled') === false ? [] : plugin.map('config').entries('routes');
  return [
    ...(own.flag('enabled') === true ? [place('hooks', own.text('path'), '/hooks', own.source)] : []),
    ...routes.flatMap(({ name, key, map }) => {
      const route = plugin.over(map);
      if (route.flag('enabled') === false) return [];
      return [place('webhooks', route.text('path'), `/plugins/webhooks/${name}`, key)];
    }),
  ];
}
