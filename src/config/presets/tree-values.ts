import type { Source } from '../../routing/route.ts';
import type { ListTree, MapTree, ScalarTree, Tree } from '../source/yaml-tree.ts';

/** A literal value: a `$` in it is no reference. */
export function scalar(value: string | number, source: Source): ScalarTree {
  const literal = typeof value === 'string' ? value.replaceAll('$', '$$$$') : value;
  return { kind: 'scalar', source, value: literal, written: String(value) };
}

export function list(items: readonly Tree[], source: Source): ListTree {
  return { kind: 'list', source, items };
}

/** A map whose keys have the places of their values. */
export function map(entries: Readonly<Record<string, Tree>>, source: Source): MapTree {
  const placed = Object.entries(entries).map(
    ([name, value]) => [name, { key: value.source, value }] as const,
  );
  return { kind: 'map', source, entries: new Map(placed) };
}
