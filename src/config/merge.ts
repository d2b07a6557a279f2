import { COMMAND_ONLY } from './profile-schema.ts';
import { type Entry, type MapTree, withoutKeys } from './tree.ts';

/** Of these both maps count, key by key. */
const MERGED = new Set(['env', 'restart', 'stop']);

/**
 * A profile over the config's defaults: its own value wins, the maps env, restart and stop are merged by key. Who
 * says how its gateway runs (`command` or `url`) takes no other way from the defaults, and beside a `url` of its
 * own nothing that is about running one.
 */
export function withDefaults(own: MapTree, defaults: MapTree): MapTree {
  const entries = new Map<string, Entry>(applicable(own, defaults).entries);
  for (const [name, entry] of own.entries) {
    const beneath = entries.get(name)?.value;
    const merges = MERGED.has(name) && beneath?.kind === 'map' && entry.value.kind === 'map';
    entries.set(name, merges ? { key: entry.key, value: over(entry.value, beneath) } : entry);
  }
  return { ...own, entries };
}

function applicable(own: MapTree, defaults: MapTree): MapTree {
  if (own.entries.has('url')) return withoutKeys(defaults, ['command', 'url', 'listeners', ...COMMAND_ONLY]);
  return own.entries.has('command') ? withoutKeys(defaults, ['command', 'url']) : defaults;
}

function over(own: MapTree, beneath: MapTree): MapTree {
  return { ...own, entries: new Map([...beneath.entries, ...own.entries]) };
}
