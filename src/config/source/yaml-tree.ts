import type { Source } from '../../routing/route.ts';

/** A config as written: plain values, each with its place. Anchors and merge keys are resolved. */
export type Tree = MapTree | ListTree | ScalarTree;

export interface MapTree {
  readonly kind: 'map';
  readonly source: Source;
  readonly entries: ReadonlyMap<string, Entry>;
}

export interface Entry {
  /** The place of the key. */
  readonly key: Source;
  readonly value: Tree;
}

export interface ListTree {
  readonly kind: 'list';
  readonly source: Source;
  readonly items: readonly Tree[];
}

export interface ScalarTree {
  readonly kind: 'scalar';
  readonly source: Source;
  readonly value: string | number | boolean | null;
  /** As the author wrote it: `0800` for the value 800, `${TOKEN}` for a secret. */
  readonly written: string;
}

export type Path = readonly (string | number)[];

export function child(tree: Tree, name: string | number): Tree | undefined {
  if (tree.kind === 'map') return tree.entries.get(String(name))?.value;
  if (tree.kind === 'list' && typeof name === 'number') return tree.items[name];
  return undefined;
}

export function treeAt(tree: Tree, path: Path): Tree | undefined {
  let found: Tree | undefined = tree;
  for (const name of path) {
    if (found === undefined) return undefined;
    found = child(found, name);
  }
  return found;
}

/** The place of the value at that path, or of its nearest ancestor that exists. */
export function valueSource(tree: Tree, path: Path): Source {
  let source = tree.source;
  let found: Tree | undefined = tree;
  for (const name of path) {
    found = child(found, name);
    if (found === undefined) return source;
    source = found.source;
  }
  return source;
}

/** The place of the key at that path; of the value, as in valueSource, if there is no key. */
export function keySource(tree: Tree, path: Path): Source {
  const parent = treeAt(tree, path.slice(0, -1));
  const name = path.at(-1);
  const entry = parent?.kind === 'map' && name !== undefined ? parent.entries.get(String(name)) : undefined;
  return entry?.key ?? valueSource(tree, path);
}

/** Plain data for the schema. Numbers and booleans at paths for which `asText` is true become the text as written. */
export function plain(tree: Tree, asText: (path: Path) => boolean, path: Path = []): unknown {
  if (tree.kind === 'list') return tree.items.map((item, index) => plain(item, asText, [...path, index]));
  if (tree.kind === 'map') {
    return Object.fromEntries(
      [...tree.entries].map(([name, { value }]) => [name, plain(value, asText, [...path, name])]),
    );
  }
  const scalar = typeof tree.value === 'number' || typeof tree.value === 'boolean';
  return scalar && asText(path) ? tree.written : tree.value;
}

/** The same tree with every scalar replaced. */
export function mapScalars(
  tree: Tree,
  replace: (scalar: ScalarTree, path: Path) => ScalarTree,
  path: Path = [],
): Tree {
  if (tree.kind === 'scalar') return replace(tree, path);
  if (tree.kind === 'list') {
    return { ...tree, items: tree.items.map((item, index) => mapScalars(item, replace, [...path, index])) };
  }
  return mapEntries(tree, (value, name) => mapScalars(value, replace, [...path, name]));
}

export function mapEntries(tree: MapTree, replace: (value: Tree, name: string) => Tree): MapTree {
  const entries = [...tree.entries].map(([name, { key, value }]): [string, Entry] => [
    name,
    { key, value: replace(value, name) },
  ]);
  return { ...tree, entries: new Map(entries) };
}

export function withoutKeys(tree: MapTree, names: Iterable<string>): MapTree {
  const entries = new Map(tree.entries);
  for (const name of names) entries.delete(name);
  return { ...tree, entries };
}

/** Removes keys without a value: an `include:` with nothing behind it counts as not given. */
export function withoutEmpty(tree: MapTree): MapTree {
  const empty = [...tree.entries].filter(([, { value }]) => value.kind === 'scalar' && value.value === null);
  return withoutKeys(
    tree,
    empty.map(([name]) => name),
  );
}

/** Removes the values at those paths, each of one or two names, and maps that become empty. */
export function prune(tree: MapTree, paths: readonly Path[]): MapTree {
  const fields = paths.filter((path) => path.length < 2).map((path) => String(path[0]));
  return withoutEmpty(
    mapEntries(withoutKeys(tree, fields), (value, name) => {
      const removed = new Set(paths.filter((path) => path[0] === name).map((path) => path[1]));
      if (removed.size === 0) return value;
      if (value.kind === 'list')
        return { ...value, items: value.items.filter((_, index) => !removed.has(index)) };
      if (value.kind !== 'map') return value;
      const rest = withoutKeys(value, [...removed].map(String));
      return rest.entries.size > 0 ? rest : nothing(value.source);
    }),
  );
}

/** An empty value, as of a key with nothing behind it. */
export function nothing(source: Source): ScalarTree {
  return { kind: 'scalar', source, value: null, written: '' };
}
