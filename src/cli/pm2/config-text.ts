import { dirname, isAbsolute, join, relative } from 'node:path';
import { freePort, USUAL_DOOR_PORT } from '../../config/presets/init-text.ts';
import { yamlText } from '../output/route-text.ts';
import { envFileText } from './app-environment.ts';
import type { Conversion, ConvertedProfile } from './app-to-profile.ts';
import type { Note, Plain } from './notes.ts';

/** A file that init writes. */
export interface Written {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** True if it holds secrets, and only its owner may read it. */
  readonly secret: boolean;
}

/** The config of those profiles, and the env_files beside it. Pure. */
export function configText(
  { profiles, leftOut, notes }: Conversion,
  about: {
    /** Absolute. */
    readonly configFile: string;
    /** As the user named it. */
    readonly pm2File: string;
    readonly signal: string;
  },
): { readonly config: string; readonly envFiles: readonly Written[] } {
  const folder = dirname(about.configFile);
  const listen = freePort(
    USUAL_DOOR_PORT,
    profiles.flatMap(({ port }) => port ?? []),
  );
  const { shared, ownOf } = sharedNotes(profiles);
  const lines = [
    `# Written by \`gwproxy init --pm2 ${printable(about.pm2File)}\`. \`gwproxy validate\` shows what would run, \`gwproxy up\` runs it.`,
    '# Remove the apps from pm2 first: `gwproxy doctor` prints the command. Comments say what gwproxy does differently.',
    `listen: 127.0.0.1:${listen}${listen === USUAL_DOOR_PORT ? '' : ` # ${USUAL_DOOR_PORT} is the port of a profile below`}`,
    '# public_url: https://bots.example.com',
    ...(profiles.every(needsNoProfilePath)
      ? []
      : [
          'profile_paths: true # /p/<profile>/… reaches each profile whose listener has public paths; remove it once all have routes',
        ]),
    '',
    'defaults:',
    `  stop: { signal: ${yamlText(about.signal)} } # as pm2 stops apps; the default of gwproxy is SIGTERM`,
    '',
    "# With routes, all bots share one URL: `gwproxy urls` prints what to paste into each sender's portal.",
    ...shared.map(({ names, text }) => `# ${names}: ${text}`),
    'profiles:',
    ...profiles.flatMap((profile) => [...profileLines(profile, ownOf(profile), folder), '']),
    ...leftOut.map(({ name, reason }) => `  # ${printable(name)} is left out: ${printable(reason)}`),
    ...notes.map((one) => `# ${noteText(one)}`),
  ];
  return {
    config: `${lines.join('\n').trimEnd()}\n`,
    envFiles: profiles.flatMap((one) => envFileOf(one, folder)),
  };
}

/** `watch: gwproxy does not …`, on one line and safe to print on a terminal. */
export function noteText({ field, text }: Note): string {
  return printable(field === null ? text : `${field}: ${text}`);
}

/** Notes of several profiles, once each with the names of those, and what remains for each profile alone. */
export function sharedNotes(profiles: readonly ConvertedProfile[]): {
  readonly shared: readonly { readonly names: string; readonly text: string }[];
  readonly ownOf: (profile: ConvertedProfile) => readonly string[];
} {
  const namesByText = new Map<string, string[]>();
  for (const { name, notes } of profiles) {
    for (const text of new Set(notes.map(noteText))) {
      namesByText.set(text, [...(namesByText.get(text) ?? []), name]);
    }
  }
  const isShared = (text: string) => (namesByText.get(text)?.length ?? 0) > 1;
  return {
    shared: [...namesByText].flatMap(([text, names]) =>
      isShared(text) ? [{ names: names.join(', '), text }] : [],
    ),
    ownOf: ({ notes }) => notes.map(noteText).filter((text) => !isShared(text)),
  };
}

/** Without control characters, which a terminal would obey, and line breaks, which would end a comment. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?');
}

function profileLines(
  profile: ConvertedProfile,
  notes: readonly string[],
  folder: string,
): readonly string[] {
  const { name, command, cwd, logFile, variables, fields } = profile;
  const env = [...variables.plain];
  const at = shortPath(cwd, folder);
  return [
    `  ${yamlText(name)}:`,
    `    command: ${flow(command.map(escaped))}`,
    ...(at === '.' ? [] : [`    cwd: ${pathText(at)}`]),
    ...(env.length > 0 ? ['    env:'] : []),
    ...env.map(([variable, value]) => `      ${yamlText(variable)}: ${scalar(escaped(value))}`),
    ...envFileLine(profile, folder),
    ...Object.entries(fields).map(([field, value]) => `    ${field}: ${flow(value)}`),
    ...(logFile === null ? [] : [`    log_file: ${pathText(shortPath(logFile, folder))}`]),
    ...notes.map((text) => `    # ${text}`),
    ...profile.toComplete.map((line) => `    # ${line}`),
  ];
}

/** pm2's variables win over those of the bot's own .env, as they do under pm2: of a list the later file wins. */
function envFileLine(profile: ConvertedProfile, folder: string): readonly string[] {
  const files = [
    ...(profile.ownEnvFile === null ? [] : [pathText(shortPath(profile.ownEnvFile, folder))]),
    ...(hasEnvFile(profile) ? [envFileName(profile.name)] : []),
  ];
  if (files.length === 0) return [];
  return [`    env_file: ${files.length === 1 ? files.join('') : `[${files.join(', ')}]`}`];
}

/** True if no sender reaches the profile, or each by a route. */
export function needsNoProfilePath({ isPublic, isRouted }: ConvertedProfile): boolean {
  return !isPublic || isRouted;
}

function hasEnvFile({ variables }: ConvertedProfile): boolean {
  return variables.secret.size + variables.shell.size > 0;
}

function envFileName(profile: string): string {
  return `secrets/${profile}.env`;
}

function envFileOf(profile: ConvertedProfile, folder: string): readonly Written[] {
  if (!hasEnvFile(profile)) return [];
  const { secret, shell } = profile.variables;
  const text = [
    `# Variables for ${profile.name} alone. Only the owner may read this file.\n`,
    envFileText(secret),
    ...(shell.size === 0
      ? []
      : [
          "\n# From the shell that pm2 was started in, or the bot's own: a dump does not say which. Delete what it does not need.\n",
          envFileText(shell),
        ]),
  ];
  return [{ path: join(folder, envFileName(profile.name)), text: text.join(''), secret: true }];
}

/** Escaped so that the config expands neither `$` nor a leading `~`. */
function escaped(text: string): string {
  const literal = text.replaceAll('$', '$$$$');
  return literal === '~' || literal.startsWith('~/') ? `\${TILDE_AS_IT_IS:-~}${literal.slice(1)}` : literal;
}

function flow(value: Plain): string {
  if (typeof value === 'string') return scalar(value);
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(flow).join(', ')}]`;
  return `{ ${Object.entries(value)
    .map(([name, inside]) => `${name}: ${flow(inside)}`)
    .join(', ')} }`;
}

const MEASURE = /^\d+(?:ms|s|m|h|B|KiB|MiB|GiB)$/;
const OPTION = /^--?[A-Za-z][\w./=-]*$/;
/** Holds a slash: YAML reads no such text as a number, boolean or date. */
const PATH = /^[\w.]*\/[\w./-]*$/;

function scalar(value: string): string {
  return MEASURE.test(value) || OPTION.test(value) || PATH.test(value) ? value : yamlText(value);
}

/** A folder may be called 1, which YAML reads as a number. */
function pathText(path: string): string {
  return /^\d+$/.test(path) ? `"${path}"` : scalar(escaped(path));
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

function shortPath(path: string, folder: string): string {
  const short = relative(folder, path);
  if (short === '') return '.';
  return short.startsWith('..') || isAbsolute(short) ? path : short;
}
