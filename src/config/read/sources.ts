import { dirname, resolve } from 'node:path';
import type { Source } from '../../routing/route.ts';
import { errorMessage } from '../../util/errno.ts';
import { type FileTexts, type Problem, problemAt, shortPath } from '../problems.ts';
import { type Settings, settingsSchema } from '../schema/config-schema.ts';
import { checkShape, prunedPath, type ShapeRules } from '../schema/shape.ts';
import type { Files } from '../source/files.ts';
import { parseYaml } from '../source/yaml.ts';
import { type MapTree, prune, valueSource, withoutEmpty } from '../source/yaml-tree.ts';
import { type Entries, firstOfEachName, profilesIn, profilesOfFile } from './entries.ts';
import type { ProfileEntry } from './profile.ts';
import { resolveTree } from './resolve.ts';
import { type Environment, ownVariables } from './variables.ts';

/** The config and its included files, with the settings read and the profiles still as written. */
export interface Sources {
  /** Null if they are still invalid without the fields that have mistakes. */
  readonly settings: Settings | null;
  /** Settings with a mistake that is already reported; checks must skip them. */
  readonly invalidFields: ReadonlySet<string>;
  readonly tree: MapTree;
  readonly defaults: MapTree | null;
  readonly profiles: readonly ProfileEntry[];
  /** Problems of reading the files and their YAML. Other problems at the same place are consequences. */
  readonly syntax: readonly Problem[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Absolute; the config itself first. */
  readonly files: readonly string[];
  readonly texts: FileTexts;
  /** The globs of `include`, absolute. */
  readonly globs: readonly string[];
}

const RULES: ShapeRules = {
  asText: () => false,
  byEntry: new Set(['limits']),
  renames: new Map(),
  hidden: new Set(),
  hints: new Map(
    ['command', 'routes', 'listeners', 'env', 'url'].map((name) => [
      name,
      `it belongs in a profile: profiles: { NAME: { ${name}: … } }`,
    ]),
  ),
};

/**
 * Reads the config and every file that it includes. An included file holds `profiles:`, or the fields of one profile
 * whose name is the file's name without its extension.
 */
export async function readSources(
  file: string,
  files: Files,
  context: { readonly env: Environment; readonly home: string },
): Promise<Sources> {
  const main = await readMap(file, { file, line: 1, column: 1 }, files);
  const tree = withoutEmpty(main.tree ?? emptyMap(file));
  const schema = settingsSchema();
  const variables = ownVariables(context);
  const resolved = resolveTree(
    tree,
    ([field]) => {
      const later =
        field === 'profiles' || field === 'defaults' || !Object.hasOwn(schema.shape, String(field));
      return later ? null : variables;
    },
    ([field, inner]) => field === 'include' || (field === 'logs' && inner === 'folder'),
  );
  const rest = prune(
    resolved.tree,
    resolved.unresolved.map((path) => prunedPath(path, RULES)),
  );
  const shape = checkShape(schema, rest, RULES);
  const own = profilesIn(tree.entries.get('profiles')?.value);
  const defaults = mapAt(tree, 'defaults', 'a map of the fields of a profile');
  const included = await readIncluded(shape.value?.include ?? [], shape.tree, file, files);
  const named = firstOfEachName([...own.profiles, ...included.profiles], dirname(file));
  return {
    settings: shape.value,
    invalidFields: new Set(
      [...resolved.unresolved, ...shape.faults.map(({ path }) => path)].map(([field]) => String(field)),
    ),
    tree: shape.tree,
    defaults: defaults.tree,
    profiles: named.profiles,
    syntax: [...main.syntax, ...included.syntax],
    problems: [
      ...resolved.problems,
      ...shape.faults.map(({ problem }) => problem),
      ...own.problems,
      ...defaults.problems,
      ...included.problems,
      ...named.problems,
    ],
    warnings: included.warnings,
    files: [file, ...included.files],
    texts: new Map([...main.texts, ...included.texts]),
    globs: (shape.value?.include ?? []).filter(isGlob).map((glob) => resolve(dirname(file), glob)),
  };
}

interface ReadMap {
  /** Null if the file is not a readable map. */
  readonly tree: MapTree | null;
  /** The file's text; empty if it cannot be read. */
  readonly texts: FileTexts;
  readonly syntax: readonly Problem[];
}

async function readMap(file: string, from: Source, files: Files): Promise<ReadMap> {
  let text: string;
  try {
    text = await files.read(file);
  } catch (error) {
    const reason = errorMessage(error);
    const message = `cannot read ${shortPath(file, dirname(from.file))}: ${reason}`;
    return { tree: null, texts: new Map(), syntax: [problemAt(from, message)] };
  }
  const texts = new Map([[file, text]]);
  const { tree, problems } = parseYaml(file, text.replace(/^\uFEFF/, ''));
  if (tree?.kind === 'map') return { tree, texts, syntax: problems };
  if (tree === null) return { tree: problems.length > 0 ? null : emptyMap(file), texts, syntax: problems };
  const kind = tree.kind === 'list' ? 'a list' : 'a single value';
  return {
    tree: null,
    texts,
    syntax: [...problems, problemAt(tree.source, `must be a map of keys and values, not ${kind}`)],
  };
}

function emptyMap(file: string): MapTree {
  return { kind: 'map', source: { file, line: 1, column: 1 }, entries: new Map() };
}

async function readIncluded(
  patterns: readonly string[],
  tree: MapTree,
  config: string,
  files: Files,
): Promise<
  Entries & {
    readonly syntax: readonly Problem[];
    readonly warnings: readonly Problem[];
    readonly files: readonly string[];
    readonly texts: FileTexts;
  }
> {
  const entries: Entries[] = [];
  const syntax: Problem[] = [];
  const warnings: Problem[] = [];
  const texts = new Map<string, string>();
  const seen = new Set<string>();
  for (const [index, pattern] of patterns.entries()) {
    const found = await includedBy(pattern, dirname(config), files);
    // The folder may still be empty, or the glob may be mistyped.
    if (found.length === 0) {
      warnings.push(
        problemAt(
          valueSource(tree, ['include', index]),
          'this glob matches no file; correct it if there should be one',
        ),
      );
    }
    for (const file of found) {
      if (file === config || seen.has(file)) continue;
      seen.add(file);
      const read = await readMap(file, valueSource(tree, ['include', index]), files);
      syntax.push(...read.syntax);
      for (const [path, text] of read.texts) texts.set(path, text);
      if (read.tree !== null) entries.push(profilesOfFile(file, read.tree));
    }
  }
  return {
    profiles: entries.flatMap(({ profiles }) => profiles),
    problems: entries.flatMap(({ problems }) => problems),
    syntax,
    warnings,
    files: [...seen],
    texts,
  };
}

/** A path without wildcards is always returned, so that a missing file is a problem. A glob may match nothing. */
async function includedBy(pattern: string, folder: string, files: Files): Promise<readonly string[]> {
  return isGlob(pattern) ? files.glob(pattern, folder) : [resolve(folder, pattern)];
}

function isGlob(pattern: string): boolean {
  return /[*?[\]{}()!]/.test(pattern);
}

function mapAt(
  tree: MapTree,
  name: string,
  what: string,
): { readonly tree: MapTree | null; readonly problems: readonly Problem[] } {
  const found = tree.entries.get(name)?.value;
  if (found === undefined) return { tree: null, problems: [] };
  if (found.kind === 'map') return { tree: withoutEmpty(found), problems: [] };
  return { tree: null, problems: [problemAt(found.source, `${name} must be ${what}`)] };
}
