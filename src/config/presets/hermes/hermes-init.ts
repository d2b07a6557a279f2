import { profileName } from '../../schema/profile-schema.ts';
import type { Files } from '../../source/files.ts';
import { readHermesFiles } from './hermes-files.ts';
import { hermesRoot, profileHome, profilesBelow } from './hermes-home.ts';
import { type HermesListener, hermesListeners } from './hermes-listeners.ts';
import { MESSAGES_PATH } from './hermes-platforms.ts';

/** The text of a config for every profile of a Hermes home. */
export interface HermesConfig {
  readonly root: string;
  readonly text: string;
  /** The names of the profiles in the config. */
  readonly profiles: readonly string[];
  /** Hermes profiles that are left out, since they open no port. */
  readonly silent: readonly string[];
}

interface Found {
  /** Its name in Hermes. */
  readonly hermes: string;
  readonly listeners: readonly HermesListener[];
  /** True if its files have problems, which loading the config reports. */
  readonly broken: boolean;
}

const DEFAULT_PORT = 3978;

/** The comments show what Hermes' files say now; gwproxy reads those files again at each start. */
export async function hermesConfig(
  folder: string | undefined,
  home: string,
  files: Files,
): Promise<HermesConfig> {
  const root = hermesRoot(folder, home);
  const found: Found[] = [];
  for (const name of await profilesBelow(root, files)) {
    const read = await readHermesFiles(profileHome(root, name), files);
    const { listeners, problems } =
      read.config === null ? { listeners: [], problems: [] } : hermesListeners(read.config, read.env);
    found.push({ hermes: name, listeners, broken: read.problems.length + problems.length > 0 });
  }
  const serving = found.filter(({ listeners, broken }) => listeners.length > 0 || broken);
  const silent = found.filter((one) => !serving.includes(one)).map(({ hermes }) => hermes);
  const named = withNames(serving);
  const text = [
    ...head(root, named, root === hermesRoot(undefined, home)),
    'profiles:',
    ...named.flatMap(([name, one]) => profile(name, one)),
    ...silent.map((name) => `  # ${name} is left out: it opens no port for webhooks, activities or its API`),
  ];
  return { root, text: `${text.join('\n')}\n`, profiles: named.map(([name]) => name), silent };
}

type Named = readonly (readonly [name: string, found: Found])[];

/** Hermes' names may hold '_' and end with '-'; a profile's name in gwproxy may not. */
function withNames(found: readonly Found[]): Named {
  const taken = new Set<string>();
  return found.map((one) => {
    const plain = one.hermes
      .replace(/[^a-z0-9]+/g, '-')
      .slice(0, 60)
      .replace(/-$/, '');
    let name = plain;
    for (let count = 2; taken.has(name); count += 1) name = `${plain}-${count}`;
    taken.add(name);
    return [profileName().parse(name), one] as const;
  });
}

function head(root: string, named: Named, isUsualRoot: boolean): readonly string[] {
  const listeners = named.flatMap(([, { listeners }]) => listeners);
  const listen = freePort(listeners);
  const scoped = listeners.some(({ paths, routes }) => paths.length > 0 && routes.length === 0);
  return [
    "# Every profile of this Hermes home behind one port. Ports and app ids are read from each profile's own",
    '# config.yaml and .env at every start; the comments say what they were when this was written.',
    '# `gwproxy validate` shows what would run, `gwproxy up` runs it.',
    `listen: 127.0.0.1:${listen}${listen === DEFAULT_PORT ? '' : ` # ${DEFAULT_PORT} belongs to a profile below`}`,
    '# public_url: https://bots.example.com',
    ...(scoped
      ? ['profile_paths: true # /p/<profile>/… reaches that profile, since a webhook does not name one']
      : []),
    ...(isUsualRoot
      ? []
      : ['', 'defaults:', '  env:', `    HERMES_HOME: ${JSON.stringify(root.replaceAll('$', '$$$$'))}`]),
    '',
  ];
}

function freePort(listeners: readonly HermesListener[]): number {
  const taken = new Set(listeners.map(({ port }) => port.value));
  let port = DEFAULT_PORT;
  while (taken.has(port)) port += 1;
  return port;
}

function profile(name: string, { hermes, listeners }: Found): readonly string[] {
  const preset = name === hermes ? 'hermes' : `{ hermes: { profile: ${JSON.stringify(hermes)} } }`;
  return [
    `  ${name}:`,
    `    preset: ${preset}`,
    ...listeners.map(
      (listener) => `    # ${listener.name} on port ${listener.port.value}: ${reach(name, listener)}`,
    ),
  ];
}

function reach(name: string, listener: HermesListener): string {
  const [path] = listener.paths;
  if (path === undefined) return 'probed, never public';
  if (listener.routes.length === 0) return `public as ${printable(`/p/${name}${path}`)}`;
  return `public as ${printable(path)}, for ${keyText(listener)}`;
}

/** The keys by which its requests are routed, without what an environment holds. */
function keyText({ routes, paths }: HermesListener): string {
  const fields = routes.flatMap((route) => Object.entries(route.fields));
  const shown = fields.flatMap(([field, values]) => {
    const texts = values.filter(({ hidden }) => !hidden).map(({ text }) => printable(text));
    return texts.length === 0 ? [] : [`${field.replaceAll('_', ' ')} ${texts.join(' and ')}`];
  });
  if (shown.length > 0) return shown.join(', ');
  return paths.includes(MESSAGES_PATH) ? 'the app in its .env' : 'the ids in its .env';
}

/** Without line breaks, which would end a comment. */
function printable(text: string): string {
  return text.replace(/[^ -~]/g, '?');
}
