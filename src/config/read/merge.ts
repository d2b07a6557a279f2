import {
  COMMAND_ONLY,
  READINESS,
  REQUESTS_ONLY,
  SERVICE_ONLY,
  WITHOUT_LISTENERS_ONLY,
} from '../schema/profile-schema.ts';
import { type Entry, type MapTree, type Tree, treeAt, withoutKeys } from '../source/yaml-tree.ts';

/** Fields whose maps are merged key by key, and how many levels deep. */
const MERGED: ReadonlyMap<string, number> = new Map([
  ['env', 1],
  ['restart', 2],
  ['stop', 1],
]);
/** A profile may override single fields of a listener that its preset derives. */
const MERGED_OVER_PRESET: ReadonlyMap<string, number> = new Map([...MERGED, ['listeners', 2]]);

/**
 * Merges a profile with the config's defaults: its own values win, and the maps env, restart and stop are merged by key.
 * A profile that has `command`, `url` or `preset` takes none of the others from the defaults; one with `url` also takes
 * no listeners and no field that is about running a gateway; one without listeners takes none that is about requests;
 * a job takes none that is about a gateway that goes on running.
 */
export function withDefaults(own: MapTree, defaults: MapTree): MapTree {
  return mergeMaps(own, applicableDefaults(own, defaults), depthFrom(MERGED));
}

/**
 * Merges a profile, defaults included, with the fields that its preset derives; the profile wins. One without listeners
 * takes none of the preset's, and none of its routes.
 */
export function withPreset(own: MapTree, derived: MapTree): MapTree {
  const base = hasNoListeners(own) ? withoutKeys(derived, ['listeners', ...REQUESTS_ONLY]) : derived;
  return mergeMaps(own, forItsReadiness(own, base), depthFrom(MERGED_OVER_PRESET));
}

/** Whether it says `listeners: none`, or `{}`, or is a job that does not say otherwise. */
export function hasNoListeners(tree: MapTree): boolean {
  const written = treeAt(tree, ['listeners']);
  if (written === undefined) return tree.entries.has('run');
  if (written.kind === 'map') return written.entries.size === 0;
  return written.kind === 'scalar' && written.value === 'none';
}

function mergeMaps(own: MapTree, base: MapTree, depthOf: (name: string) => number): MapTree {
  const entries = new Map<string, Entry>(base.entries);
  for (const [name, { key, value }] of own.entries) {
    entries.set(name, { key, value: mergeValue(value, entries.get(name)?.value, depthOf(name)) });
  }
  return { ...own, entries };
}

function applicableDefaults(own: MapTree, all: MapTree): MapTree {
  if (own.entries.has('url'))
    return withoutKeys(all, ['command', 'url', 'listeners', 'add_prefix', ...COMMAND_ONLY]);
  const defaults = forItsListeners(own, all);
  if (own.entries.has('command')) return withoutKeys(defaults, ['command', 'url', 'preset']);
  return own.entries.has('preset') ? withoutKeys(defaults, ['command', 'url']) : defaults;
}

/** The defaults without those that its own listeners, `listeners: none` or `run` rule out. */
function forItsListeners(own: MapTree, defaults: MapTree): MapTree {
  if (own.entries.has('run')) {
    return withoutKeys(defaults, ['listeners', ...SERVICE_ONLY, ...REQUESTS_ONLY, ...WITHOUT_LISTENERS_ONLY]);
  }
  const rest = forItsReadiness(own, defaults);
  if (!hasNoListeners(own.entries.has('listeners') ? own : defaults)) {
    return withoutKeys(rest, WITHOUT_LISTENERS_ONLY);
  }
  if (!own.entries.has('listeners')) return rest;
  const start = treeAt(rest, ['start']);
  const isOnDemand = start?.kind === 'scalar' && start.value === 'on-demand';
  return withoutKeys(rest, [...REQUESTS_ONLY, ...(isOnDemand ? ['start'] : [])]);
}

/** Without what says when it is ready, if it says that itself: a bot becomes ready in one way. */
function forItsReadiness(own: MapTree, base: MapTree): MapTree {
  return READINESS.some((field) => own.entries.has(field)) ? withoutKeys(base, READINESS) : base;
}

function mergeValue(own: Tree, base: Tree | undefined, depth: number): Tree {
  if (depth === 0 || own.kind !== 'map' || base?.kind !== 'map') return own;
  return mergeMaps(own, base, () => depth - 1);
}

function depthFrom(merged: ReadonlyMap<string, number>): (name: string) => number {
  return (name) => merged.get(name) ?? 0;
}
