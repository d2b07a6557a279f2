import { dirname, relative, resolve } from 'node:path';
import { type Note, note, type ProfilePlace } from './notes.ts';
import type { App, FieldName } from './source/pm2-app.ts';

const isText = (value: unknown): boolean => typeof value === 'string';
const isTextOrNumber = (value: unknown): boolean => isText(value) || typeof value === 'number';
const isFlag = (value: unknown): boolean =>
  typeof value === 'boolean' || value === 'true' || value === 'false';
const isListOfWords = (value: unknown): boolean =>
  isTextOrNumber(value) ||
  (Array.isArray(value) && value.every((word) => isTextOrNumber(word) || isFlag(word)));

interface Type {
  readonly what: string;
  readonly isOf: (value: unknown) => boolean;
}

const TEXT: Type = { what: 'a text', isOf: isText };
const FLAG: Type = { what: 'true or false', isOf: isFlag };
const WORDS: Type = { what: 'a text or a list of texts', isOf: isListOfWords };
const NAME: Type = { what: 'a name or a number', isOf: isTextOrNumber };

/** The converted fields that no other file reports if their type is another; numbers, sizes and times report their own. */
const TYPES: { readonly [Field in FieldName]?: Type } = {
  name: NAME,
  cwd: TEXT,
  exec_interpreter: TEXT,
  args: WORDS,
  node_args: WORDS,
  out_file: TEXT,
  error_file: TEXT,
  log_file: TEXT,
  uid: NAME,
  gid: NAME,
  port: NAME,
  disable_logs: FLAG,
  autostart: FLAG,
  autorestart: FLAG,
  wait_ready: FLAG,
  append_env_to_name: FLAG,
  source_map_support: FLAG,
};

/** A note for each field whose value has another type than pm2 takes, which would otherwise be left out in silence. */
export function typeNotes(app: App, place: ProfilePlace): readonly Note[] {
  const wrong = [...app.fields].flatMap(([name, value]) => {
    const type = typeOf(name);
    return type === undefined || type.isOf(value) ? [] : [note(name, `is not ${type.what}; left out`)];
  });
  return [...wrong, ...[...app.noEnvironments].map(([name, value]) => noEnvironment(name, value, place))];
}

function typeOf(name: string): Type | undefined {
  return new Map(Object.entries(TYPES)).get(name);
}

function noEnvironment(
  name: string,
  value: unknown,
  { profile, configFile, cwd, hasEnvFile }: ProfilePlace,
): Note {
  if (name !== 'env_file') return note(name, 'is not a map of names and values; left out');
  const written: readonly unknown[] = Array.isArray(value) ? value : [value];
  const paths = written.filter((file) => typeof file === 'string');
  if (paths.length === 0) return note(name, 'names no file; left out');
  const files = [
    ...paths.map((file) => relative(dirname(configFile), resolve(cwd, file))),
    ...(hasEnvFile ? [`secrets/${profile}.env`] : []),
  ];
  const list = files.length === 1 ? files.join('') : `[${files.join(', ')}]`;
  return note(
    name,
    `pm2 reads no such file; if the bot does not read it itself either, write \`env_file: ${list}\` into the profile`,
  );
}
