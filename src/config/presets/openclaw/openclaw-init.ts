import { basename, join } from 'node:path';
import { shellWord } from '../../../util/shell-word.ts';
import type { Files } from '../../source/files.ts';
import { freePort, literal, pathInComment, printable, profileNames, USUAL_DOOR_PORT } from '../init-text.ts';
import { type Endpoint, endpointsOf } from './openclaw-endpoints.ts';
import { readOpenClawFiles } from './openclaw-files.ts';
import {
  CONFIG_FILE,
  DEFAULT_PROFILE,
  foldersBelow,
  isOpenClawFolder,
  nameOfFolder,
  type OpenClawHome,
  openClawCommand,
} from './openclaw-home.ts';
import { gatewayPort, PORT_SPACING } from './openclaw-port.ts';
import { Settings } from './openclaw-settings.ts';

/** The text of a config for OpenClaw profiles. */
export interface OpenClawConfig {
  readonly text: string;
  /** The names of the profiles in the config. */
  readonly profiles: readonly string[];
  /** The folders in which there is no OpenClaw profile. */
  readonly empty: readonly string[];
}

interface Found {
  readonly home: OpenClawHome;
  /** Its name in OpenClaw; null for a folder that only OPENCLAW_STATE_DIR names. */
  readonly openclaw: string | null;
  /** Null if its files have problems, which loading the config reports. */
  readonly port: number | null;
  readonly endpoints: readonly Endpoint[];
}

/** A profile as it stands in the config. */
interface Entry extends Found {
  readonly name: string;
  /** The port that it gets instead of its own, which is too near to another's; null if it keeps its own. */
  readonly moved: number | null;
}

/**
 * Each folder is a state folder of OpenClaw, or one that holds some, as a home folder does; without any it is the user's
 * home. The comments show what the profiles' files say now; gwproxy reads those files again at each start.
 */
export async function openClawConfig(
  folders: readonly string[],
  home: string,
  files: Files,
): Promise<OpenClawConfig> {
  const empty: string[] = [];
  const states: string[] = [];
  for (const folder of folders.length === 0 ? [home] : folders) {
    const here = (await isOpenClawFolder(folder, files)) ? [folder] : await foldersBelow(folder, files);
    if (here.length === 0) empty.push(folder);
    states.push(...here);
  }
  const found: Found[] = [];
  for (const folder of new Set(states)) found.push(await profileIn(folder, home, files));
  const entries = withPorts(found);
  const text = [...head(entries), 'profiles:', ...entries.flatMap(profileLines)];
  return { text: `${text.join('\n')}\n`, profiles: entries.map(({ name }) => name), empty };
}

async function profileIn(folder: string, userHome: string, files: Files): Promise<Found> {
  const openclaw = nameOfFolder(folder, userHome);
  const home: OpenClawHome = {
    profile: openclaw === DEFAULT_PROFILE ? null : openclaw,
    folder,
    configFile: join(folder, CONFIG_FILE),
    env: openclaw === null ? new Map([['OPENCLAW_STATE_DIR', folder]]) : new Map(),
  };
  const { config, env } = await readOpenClawFiles(home, files);
  if (config === null) return { home, openclaw, port: null, endpoints: [] };
  const variable = (name: string) => env.get(name) || undefined;
  const settings = new Settings([config], variable);
  const port = gatewayPort(settings, variable, settings.source, []);
  return { home, openclaw, port: port?.value ?? null, ...endpointsOf(settings, variable) };
}

/** Gateways whose ports are too near to each other's are moved, in the order given. */
function withPorts(found: readonly Found[]): readonly Entry[] {
  const names = profileNames(
    found.map(({ openclaw, home }) => openclaw ?? basename(home.folder).replace(/^\.?openclaw-?/, '')),
    'openclaw',
  );
  const taken: number[] = [];
  return found.map((one, index) => {
    const isNear = (port: number) => taken.some((other) => Math.abs(other - port) < PORT_SPACING);
    let port = one.port;
    while (port !== null && isNear(port)) port += PORT_SPACING;
    if (port !== null) taken.push(port);
    return { ...one, name: names[index] ?? '', moved: port === one.port ? null : port };
  });
}

function head(entries: readonly Entry[]): readonly string[] {
  const endpoints = entries.flatMap((entry) => entry.endpoints);
  const gateways = entries.flatMap(({ moved, port }) => moved ?? port ?? []);
  const ports = [...gateways, ...endpoints.flatMap(({ own }) => (own === null ? [] : [own.port.value]))];
  const listen = freePort(USUAL_DOOR_PORT, ports);
  const byPath = endpoints.some(({ route }) => route === null);
  return [
    "# OpenClaw's profiles behind one port. Ports, public paths and the secrets to verify by are read from each profile's",
    '# own openclaw.json at every start; the comments say what they were when this was written.',
    '# `gwproxy validate` shows what would run, `gwproxy up` runs it.',
    `listen: 127.0.0.1:${listen}${listen === USUAL_DOOR_PORT ? '' : ` # ${USUAL_DOOR_PORT} belongs to a profile below`}`,
    '# public_url: https://bots.example.com',
    ...(byPath
      ? ['profile_paths: true # /p/<profile>/… reaches that profile, where a webhook does not name one']
      : []),
    '',
  ];
}

function profileLines(entry: Entry): readonly string[] {
  const { name, openclaw, home, moved, port } = entry;
  const preset =
    openclaw === null || openclaw === name
      ? 'openclaw'
      : `{ openclaw: { profile: ${JSON.stringify(openclaw)} } }`;
  const command = openClawCommand(home, shellWord);
  return [
    `  ${name}:`,
    `    preset: ${preset}`,
    ...(openclaw === null ? [`    env: { OPENCLAW_STATE_DIR: ${literal(home.folder)} }`] : []),
    ...(moved === null
      ? []
      : [
          `    # Its own port ${port} is less than ${PORT_SPACING} from another's. For OpenClaw's own commands run:`,
          `    # ${printable(`${command} config set gateway.port ${moved}`)}`,
          `    listeners: { gateway: { port: ${moved} } }`,
        ]),
    ...(entry.endpoints.length === 0 ? ['    # no webhooks: it is probed, and nothing of it is public'] : []),
    ...entry.endpoints.map((endpoint) => `    # ${reach(name, endpoint)}`),
  ];
}

/** Without secrets: of a route only the field is shown where its value may be one. */
function reach(profile: string, { channel, path: whole, route, routeToWrite }: Endpoint): string {
  const path = pathInComment(whole);
  if (route !== null) {
    const value = route.sender === 'telegram' ? 'its webhookSecret' : printable(route.value.text);
    return `${channel}: public as ${path}, for ${route.sender} ${route.field} ${value}`;
  }
  const instead =
    routeToWrite === null ? '' : `; for one URL for all bots write routes: [{ ${routeToWrite} }]`;
  return `${channel}: public as /p/${profile}${path}${instead}`;
}
