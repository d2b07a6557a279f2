import { dirname, resolve } from 'node:path';
import { errorMessage } from '../../util/errno.ts';
import { type Problem, problemAt, shortPath } from '../problems.ts';
import type { Files } from '../source/files.ts';
import { literalText } from '../source/interpolate.ts';
import { tooLong } from '../source/pipe.ts';
import {
  type MapTree,
  mapEntries,
  type Path,
  type ScalarTree,
  type Tree,
  treeAt,
} from '../source/yaml-tree.ts';
import { NO_PORT_HERE, resolveText, type Variables } from './resolve.ts';
import { type EnvFileValues, type LoadContext, variablesOf } from './variables.ts';

/** Linux passes no longer text to a program (MAX_ARG_STRLEN in execve(2)). */
const LONGEST_VALUE = 128 * 1024;

/** systemd.exec(5), "Credentials": a name that can be a file's, in ASCII, at most 255 characters. */
const CREDENTIAL = /^(?!\.{1,2}$)[A-Za-z0-9_.@-]{1,255}$/;
/** The folder of the credentials that systemd passes to a service. */
const CREDENTIALS = 'CREDENTIALS_DIRECTORY';
/** Stands for a credential where no gateway is started by the plan. */
const ABSENT = '(a credential of systemd)';

/** What the files and credentials hold that a profile names in place of values: `{ file: … }` and `{ credential: … }`. */
export interface SecretValues {
  /** The profile's tree with an empty text in place of each of them. */
  readonly tree: MapTree;
  /** By `placeKey` of their path in the profile. */
  readonly values: ReadonlyMap<string, string>;
  /** The paths of those that have a mistake, which `problems` reports. */
  readonly unreadable: readonly Path[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Of all files, also of those that could not be read; absolute. */
  readonly paths: readonly string[];
}

/**
 * Reads the files that `env` and `verify` name in place of values. A value is the file's text without one line break at its
 * end, at most LONGEST_VALUE bytes, and is taken as it is: a `${` in it stays. Other maps are left for the schema to refuse.
 */
export async function readSecretValues(
  tree: MapTree,
  envFiles: EnvFileValues,
  context: LoadContext,
  files: Files,
): Promise<SecretValues> {
  const values = new Map<string, string>();
  const unreadable: Path[] = [];
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const paths: string[] = [];
  const found = [...referencesIn(tree)];
  const variables = variablesOf(envFiles, context);
  for (const reference of found) {
    const located = locate(reference, variables, context);
    if ('path' in located) paths.push(located.path);
    const read = 'path' in located ? await readValue(reference, located.path, context, files) : located;
    if ('value' in read) {
      values.set(placeKey(reference.path), read.value);
      if (read.warning !== undefined) warnings.push(read.warning);
    } else {
      unreadable.push(reference.path);
      problems.push(...read.problems);
    }
  }
  const places = new Set(found.map(({ path }) => placeKey(path)));
  const emptied = replaceAt(tree, (key) => (places.has(key) ? '' : undefined));
  return { tree: emptied, values, unreadable, problems, warnings, paths };
}

/** The tree with the values in it. None of them is in any `written`, which messages may show. */
export function withSecretValues(tree: MapTree, { values }: Pick<SecretValues, 'values'>): MapTree {
  return replaceAt(tree, (key) => values.get(key));
}

export function placeKey(path: Path): string {
  return JSON.stringify(path);
}

/** The secrets of `verify`. Its other fields are no secrets, and messages about them may show what they hold. */
const SECRET_FIELDS: ReadonlySet<string> = new Set([
  'signing_secret',
  'secret',
  'channel_secret',
  'app_secret',
  'secret_token',
  'auth_token',
  'shared_key',
  'client_state',
]);

interface Reference {
  readonly path: Path;
  readonly kind: 'file' | 'credential';
  readonly written: ScalarTree;
}

/** Of `env.NAME`, the secrets `verify.SENDER.FIELD` and the items of a list there. */
function* referencesIn(tree: MapTree): Generator<Reference> {
  const env = treeAt(tree, ['env']);
  for (const name of namesOf(env)) yield* referenceAt(tree, ['env', name]);
  for (const sender of namesOf(treeAt(tree, ['verify']))) {
    for (const field of namesOf(treeAt(tree, ['verify', sender]))) {
      if (!SECRET_FIELDS.has(field)) continue;
      const path = ['verify', sender, field];
      yield* referenceAt(tree, path);
      const value = treeAt(tree, path);
      for (const index of value?.kind === 'list' ? value.items.keys() : [])
        yield* referenceAt(tree, [...path, index]);
    }
  }
}

function namesOf(tree: Tree | undefined): readonly string[] {
  return tree?.kind === 'map' ? [...tree.entries.keys()] : [];
}

function* referenceAt(tree: MapTree, path: Path): Generator<Reference> {
  const value = treeAt(tree, path);
  if (value?.kind !== 'map' || value.entries.size !== 1) return;
  for (const kind of ['file', 'credential'] as const) {
    const written = value.entries.get(kind)?.value;
    if (written?.kind === 'scalar' && written.written !== '') yield { path, kind, written };
  }
}

type Value =
  | { readonly value: string; readonly warning?: Problem }
  | { readonly problems: readonly Problem[] };

function locate(
  { kind, written, path }: Reference,
  variables: Variables,
  context: LoadContext,
): { readonly path: string } | Value {
  const text = typeof written.value === 'string' ? written.value : written.written;
  const resolved = resolveText(text, written.source, variables, 'home');
  if (!resolved.ok) return { problems: resolved.problems };
  const name = literalText(resolved.text.parts);
  if (name === null) return { problems: [problemAt(written.source, NO_PORT_HERE)] };
  if (kind === 'file') return { path: resolve(dirname(written.source.file), name) };
  if (!CREDENTIAL.test(name)) {
    const message = `${path.join('.')}: a credential's name may hold A-Z, a-z, 0-9, '_', '.', '@' and '-'`;
    return { problems: [problemAt(written.source, message)] };
  }
  const folder = context.env[CREDENTIALS];
  if (folder) return { path: resolve(folder, name) };
  const unit = `LoadCredential=${name}:/path/to/it into the unit of gwproxy`;
  if (context.starts) {
    const message = `systemd passes no credentials to this gwproxy (${CREDENTIALS} is not set): run it as a service and write ${unit}, or name a file: { file: … }`;
    return { problems: [problemAt(written.source, message)] };
  }
  const message = `credential '${name}' is not checked here, since systemd passes it to the service alone; write ${unit}`;
  return { value: ABSENT, warning: problemAt(written.source, message) };
}

async function readValue(
  { kind, written: { source } }: Reference,
  path: string,
  { folder }: LoadContext,
  files: Files,
): Promise<Value> {
  const shown = shortPath(path, folder);
  const failed = (reason: string): Value => ({
    problems: [problemAt(source, `cannot read ${shown}: ${reason}`)],
  });
  let text: string;
  try {
    text = await files.read(path, LONGEST_VALUE + 2);
  } catch (error) {
    const reason = errorMessage(error);
    return failed(kind === 'file' ? reason : `${reason}; check LoadCredential= in the unit of gwproxy`);
  }
  const value = text.replace(/\r?\n$/, '');
  if (value.includes('\0')) return failed('it holds a NUL byte, which no variable can');
  if (Buffer.byteLength(value) > LONGEST_VALUE) return failed(tooLong(LONGEST_VALUE));
  return { value };
}

/** `valueAt` gives the new text of a place, by its key. */
function replaceAt(tree: MapTree, valueAt: (key: string) => string | undefined): MapTree {
  const replaced = (value: Tree, path: Path): Tree => {
    const text = valueAt(placeKey(path));
    if (text !== undefined) return { kind: 'scalar', source: value.source, value: text, written: '' };
    if (value.kind === 'list') {
      return { ...value, items: value.items.map((item, index) => replaced(item, [...path, index])) };
    }
    return value.kind === 'map' ? inMap(value, path) : value;
  };
  const inMap = (map: MapTree, path: Path): MapTree =>
    mapEntries(map, (value, name) => replaced(value, [...path, name]));
  return inMap(tree, []);
}
