import { dirname, isAbsolute, join, relative } from 'node:path';
import { yamlText } from '../output/route-text.ts';
import { envFileText } from './app-environment.ts';
import type { Conversion, ConvertedProfile } from './app-to-profile.ts';
import type { Note, Plain } from './notes.ts';

/** A file to write; all of them or none. */
export interface Written {
  /** Absolute. */
  readonly path: string;
  readonly text: string;
  /** Holds secrets: its owner alone may read it. */
  readonly secret: boolean;
}

const USUAL_PORT = 3978;

/** The config of those profiles, and the env_files beside it. Pure. */
export function configText(
  { profiles, leftOut, notes }: Conversion,
  about: {
    /** Absolute. */
    readonly configFile: string;
    /** As it is named to the user. */
    readonly pm2File: string;
    readonly signal: string;
  },
): { readonly config: string; readonly envFiles: readonly Written[] } {
  const folder = dirname(about.configFile);
  const listen = freePort(profiles);
  const lines = [
    `# Written by \`gwproxy init --pm2 ${printable(about.pm2File)}\`. \`gwproxy validate\` shows what would run, \`gwproxy up\` runs it:`,
    '# stop what pm2 runs of it first. What has no equal here stands beside each profile.',
    `listen: 127.0.0.1:${listen}${listen === USUAL_PORT ? '' : ` # ${USUAL_PORT} belongs to a profile below`}`,
    '# public_url: https://bots.example.com',
    'profile_paths: true # /p/<profile>/… reaches that profile, whatever its routes say',
    '',
    'defaults:',
    `  stop: { signal: ${yamlText(about.signal)} } # as pm2 stops; gwproxy's own default is SIGTERM`,
    '',
    'profiles:',
    ...profiles.flatMap((profile) => [...profileLines(profile, folder), '']),
    ...leftOut.map(({ name, reason }) => `  # ${printable(name)} is left out: ${printable(reason)}`),
    ...notes.map((one) => `# ${noteText(one)}`),
  ];
  return {
    config: `${lines.join('\n').trimEnd()}\n`,
    envFiles: profiles.flatMap((one) => envFileOf(one, folder)),
  };
}

/** `watch: no equal: …`, on one line and with nothing that a terminal obeys. */
export function noteText({ field, text }: Note): string {
  return printable(field === null ? text : `${field}: ${text}`);
}

/** Control characters would be obeyed, and a comment ends with its line. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '?');
}

function profileLines(profile: ConvertedProfile, folder: string): readonly string[] {
  const { name, command, cwd, logFile, variables, port, fields, notes } = profile;
  const env = [...variables.plain];
  const at = shortPath(cwd, folder);
  return [
    `  ${yamlText(name)}:`,
    `    command: ${flow(command.map(escaped))}`,
    ...(at === '.' ? [] : [`    cwd: ${scalar(escaped(at))}`]),
    ...(env.length > 0 ? ['    env:'] : []),
    ...env.map(([variable, value]) => `      ${yamlText(variable)}: ${scalar(escaped(value))}`),
    ...(hasEnvFile(profile) ? [`    env_file: ${envFileName(name)}`] : []),
    ...(port === null ? [] : [`    listeners: { main: { port: ${port} } }`]),
    ...Object.entries(fields).map(([field, value]) => `    ${field}: ${flow(value)}`),
    ...(logFile === null ? [] : [`    log_file: ${scalar(escaped(shortPath(logFile, folder)))}`]),
    '    # routes: [{ slack: { team: T0123456789, app: A0123456789 } }] # or another sender: so bots share one URL',
    ...notes.map((one) => `    # ${noteText(one)}`),
  ];
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
    `# What ${profile.name} alone sees. Its owner alone may read this file.\n`,
    envFileText(secret),
    ...(shell.size === 0
      ? []
      : [
          "\n# From the shell that pm2 was started in, or the bot's own, which a dump does not tell: delete what it does not need.\n",
          envFileText(shell),
        ]),
  ];
  return [{ path: join(folder, envFileName(profile.name)), text: text.join(''), secret: true }];
}

/** Text that the config leaves as it is: no reference, and no home for a `~`. */
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
/** With a slash in it: nothing that YAML reads as something else than text has one. */
const PATH = /^[\w.]*\/[\w./-]*$/;

function scalar(value: string): string {
  return MEASURE.test(value) || OPTION.test(value) || PATH.test(value) ? value : yamlText(value);
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value);
}

function shortPath(path: string, folder: string): string {
  const short = relative(folder, path);
  if (short === '') return '.';
  return short.startsWith('..') || isAbsolute(short) ? path : short;
}

function freePort(profiles: readonly ConvertedProfile[]): number {
  const taken = new Set(profiles.map(({ port }) => port));
  let port = USUAL_PORT;
  while (taken.has(port)) port += 1;
  return port;
}
