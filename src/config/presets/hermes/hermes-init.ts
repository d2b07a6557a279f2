import { basename } from 'node:path';
import { isSecretName } from '../../../util/secret.ts';
import type { Files } from '../../source/files.ts';
import { freePort, literal, pathInComment, printable, profileNames, USUAL_DOOR_PORT } from '../init-text.ts';
import { readHermesFiles } from './hermes-files.ts';
import { DEFAULT_PROFILE, hermesRoot, profileHome, profilesBelow } from './hermes-home.ts';
import { type HermesListener, hermesListeners } from './hermes-listeners.ts';
import { MESSAGES_PATH } from './hermes-platforms.ts';

/** The text of a config for every profile of some Hermes homes. */
export interface HermesConfig {
  /** The Hermes homes, each once. */
  readonly roots: readonly string[];
  readonly text: string;
  /** The names of the profiles in the config. */
  readonly profiles: readonly string[];
  /** Names in Hermes of the profiles that are commented out, since they open no port. */
  readonly silent: readonly string[];
  /** The homes in which there is no profile at all. */
  readonly empty: readonly string[];
}

interface Found {
  readonly root: string;
  /** Its name in Hermes. */
  readonly hermes: string;
  readonly listeners: readonly HermesListener[];
  /** True if its files have problems, which loading the config reports. */
  readonly broken: boolean;
}

/**
 * Each folder is a Hermes home, or a profile's folder in one; none is the usual one. The comments show what Hermes' files
 * say now; gwproxy reads those files again at each start.
 */
export async function hermesConfig(
  folders: readonly string[],
  home: string,
  files: Files,
): Promise<HermesConfig> {
  const usual = hermesRoot(undefined, home);
  const roots = folders.length === 0 ? [usual] : [...new Set(folders.map((one) => hermesRoot(one, home)))];
  const found: Found[] = [];
  for (const root of roots) found.push(...(await profilesOf(root, files)));
  const serving = found.filter((one) => !isSilent(one));
  const silent = found.filter(isSilent);
  const entries = withNames([...serving, ...silent], usual).map(
    ([name, one]): Entry => ({
      ...one,
      name,
      home: roots.length > 1 ? one.root : null,
    }),
  );
  const shown = entries.filter((one) => !isSilent(one));
  const text = [
    ...head(roots, shown, usual),
    'profiles:',
    ...shown.flatMap(profileLines),
    ...entries.filter(isSilent).flatMap(silentLines),
  ];
  return {
    roots,
    text: `${text.join('\n')}\n`,
    profiles: shown.map(({ name }) => name),
    silent: silent.map(({ hermes }) => hermes),
    empty: roots.filter((root) => !found.some((one) => one.root === root)),
  };
}

async function profilesOf(root: string, files: Files): Promise<readonly Found[]> {
  const found: Found[] = [];
  for (const hermes of await profilesBelow(root, files)) {
    const read = await readHermesFiles(profileHome(root, hermes), files);
    const { listeners, problems } =
      read.config === null ? { listeners: [], problems: [] } : hermesListeners(read.config, read.env);
    found.push({ root, hermes, listeners, broken: read.problems.length + problems.length > 0 });
  }
  return found;
}

function isSilent({ listeners, broken }: Found): boolean {
  return listeners.length === 0 && !broken;
}

/** A profile as it stands in the config. */
interface Entry extends Found {
  readonly name: string;
  /** The HERMES_HOME that it needs itself; null if there is one for all. */
  readonly home: string | null;
}

/** Hermes' names may hold '_' and end with '-'; a profile's name in gwproxy may not. */
function withNames(
  found: readonly Found[],
  usual: string,
): readonly (readonly [name: string, found: Found])[] {
  // The only profile of a home of its own is called `default` in each of them.
  const wanted = found.map(({ hermes, root }) =>
    hermes === DEFAULT_PROFILE && root !== usual ? basename(root) : hermes,
  );
  const names = profileNames(wanted, 'hermes');
  return found.map((one, index) => [names[index] ?? '', one] as const);
}

function head(roots: readonly string[], entries: readonly Entry[], usual: string): readonly string[] {
  const listeners = entries.flatMap((entry) => entry.listeners);
  const listen = freePort(
    USUAL_DOOR_PORT,
    listeners.map(({ port }) => port.value),
  );
  const scoped = listeners.some(({ paths, routes }) => paths.length > 0 && routes.length === 0);
  const [first = usual] = roots;
  return [
    `# Every profile of ${roots.length === 1 ? 'this Hermes home' : 'these Hermes homes'} behind one port. Ports and app ids are read from each profile's own`,
    '# config.yaml and .env at every start; the comments say what they were when this was written.',
    '# `gwproxy validate` shows what would run, `gwproxy up` runs it.',
    `listen: 127.0.0.1:${listen}${listen === USUAL_DOOR_PORT ? '' : ` # ${USUAL_DOOR_PORT} belongs to a profile below`}`,
    '# public_url: https://bots.example.com',
    ...(scoped
      ? ['profile_paths: true # /p/<profile>/… reaches that profile, since a webhook does not name one']
      : []),
    ...(roots.length > 1 || first === usual
      ? []
      : ['', 'defaults:', '  env:', `    HERMES_HOME: ${literal(first)}`]),
    '',
  ];
}

function profileLines(entry: Entry): readonly string[] {
  return [
    `  ${entry.name}:`,
    `    preset: ${presetText(entry)}`,
    ...(entry.home === null ? [] : [`    env: { HERMES_HOME: ${literal(entry.home)} }`]),
    ...entry.listeners.map(
      (listener) => `    # ${listener.name} on port ${listener.port.value}: ${reach(entry.name, listener)}`,
    ),
  ];
}

/** It may be a bot that polls, or a profile that no gateway was ever meant for. */
function silentLines(entry: Entry): readonly string[] {
  const env = entry.home === null ? '' : `, env: { HERMES_HOME: ${literal(entry.home)} }`;
  return [
    `  # ${entry.name} opens no port. If it polls or runs jobs, remove the # before its name:`,
    `  # ${entry.name}: { preset: ${presetText(entry)}${env} }`,
  ];
}

function presetText({ name, hermes }: Entry): string {
  return name === hermes ? 'hermes' : `{ hermes: { profile: ${JSON.stringify(hermes)} } }`;
}

function reach(name: string, listener: HermesListener): string {
  const [whole] = listener.paths;
  if (whole === undefined) return 'probed, never public';
  const path = pathInComment(whole);
  if (listener.routes.length === 0) return `public as ${`/p/${name}${path}`}`;
  return `public as ${path}, for ${keyText(listener)}`;
}

/** The keys by which its requests are routed, without what an environment holds. */
function keyText({ routes, paths }: HermesListener): string {
  const fields = routes.flatMap((route) => Object.entries(route.fields));
  const shown = fields.flatMap(([field, values]) => {
    const texts = values
      .filter(({ hidden }) => !hidden && !isSecretName(field))
      .map(({ text }) => printable(text));
    return texts.length === 0 ? [] : [`${field.replaceAll('_', ' ')} ${texts.join(' and ')}`];
  });
  if (shown.length > 0) return shown.join(', ');
  return paths.includes(MESSAGES_PATH) ? 'the app in its .env' : 'the ids in its .env';
}
