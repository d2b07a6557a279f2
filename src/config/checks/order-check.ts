import { nearest, type Problem, problemAt } from '../problems.ts';
import type { Profile } from '../read/profile.ts';
import { valueSource } from '../source/yaml-tree.ts';

/** `after` names enabled profiles and has no cycle. */
export function checkOrder(profiles: readonly Profile[]): readonly Problem[] {
  const byName = new Map(profiles.map((profile) => [profile.name, profile]));
  return profiles.flatMap((profile) =>
    profile.config.after.flatMap((name, index) => {
      const message = faultOf(profile.name, name, byName);
      return message === null ? [] : [problemAt(valueSource(profile.tree, ['after', index]), message)];
    }),
  );
}

function faultOf(from: string, name: string, profiles: ReadonlyMap<string, Profile>): string | null {
  if (profiles.get(name)?.config.run !== undefined) {
    return `after: '${name}' is a job, which its schedule starts, so nothing can wait for it; remove this name`;
  }
  if (!profiles.has(name)) {
    const near = nearest(name, [...profiles.keys()]);
    const hint = near === undefined ? '' : `; did you mean '${near}'?`;
    return `after: there is no enabled profile '${name}'${hint}`;
  }
  const round = pathBack(from, name, profiles);
  return round === null
    ? null
    : `after: ${[from, ...round].join(' → ')} is a cycle, so none of them can start first; remove one of these names`;
}

/** The names on a path from `name` to `from`; null if there is none. */
function pathBack(
  from: string,
  name: string,
  profiles: ReadonlyMap<string, Profile>,
  seen: Set<string> = new Set(),
): readonly string[] | null {
  if (name === from) return [name];
  if (seen.has(name)) return null;
  seen.add(name);
  for (const next of profiles.get(name)?.config.after ?? []) {
    const rest = pathBack(from, next, profiles, seen);
    if (rest !== null) return [name, ...rest];
  }
  return null;
}
