import { COMMAND_ONLY } from '../schema/profile-schema.ts';
import { type Entry, type MapTree, type Tree, withoutKeys } from '../source/yaml-tree.ts';

/** Of these both maps count, key by key; and so many maps deep. */
const MERGED: ReadonlyMap<string, number> = new Map([
  ['env', 1],
  ['restart', 2],
  ['stop', 1],
]);
/** A listener that a preset derives keeps what the profile does not say of it. */
const MERGED_OVER_PRESET: ReadonlyMap<string, number> = new Map([...MERGED, ['listeners', 2]]);

/**
 * A profile over the config's defaults: its own value wins, the maps env, restart and stop are merged by key. A profile
 * says how its gateway runs (`command`, `url` or `preset`) takes no other way from the defaults, and beside a `url`
 * of its own nothing that is about running one.
 */
export function withDefaults(own: MapTree, defaults: MapTree): MapTree {
  return layered(own, applicable(own, defaults), depthIn(MERGED));
}

/** A profile, defaults merged in, over what its preset derives. */
export function withPreset(own: MapTree, derived: MapTree): MapTree {
  return layered(own, derived, depthIn(MERGED_OVER_PRESET));
}

function layered(own: MapTree, beneath: MapTree, depthOf: (name: string) => number): MapTree {
  const entries = new Map<string, Entry>(beneath.entries);
  for (const [name, { key, value }] of own.entries) {
    entries.set(name, { key, value: over(value, entries.get(name)?.value, depthOf(name)) });
  }
  return { ...own, entries };
}

function applicable(own: MapTree, defaults: MapTree): MapTree {
  if (own.entries.has('url')) return withoutKeys(defaults, ['command', 'url', 'listeners', ...COMMAND_ONLY]);
  if (own.entries.has('command')) return withoutKeys(defaults, ['command', 'url', 'preset']);
  return own.entries.has('preset') ? withoutKeys(defaults, ['command', 'url']) : defaults;
}

function over(own: Tree, beneath: Tree | undefined, depth: number): Tree {
  if (depth === 0 || own.kind !== 'map' || beneath?.kind !== 'map') return own;
  return layered(own, beneath, () => depth - 1);
}

function depthIn(merged: ReadonlyMap<string, number>): (name: string) => number {
  return (name) => merged.get(name) ?? 0;
}
