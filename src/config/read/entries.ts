import { basename, extname } from 'node:path';
import { formatPlace, type Problem, problemAt } from '../problems.ts';
import { NAME_RULE, OWN_NAME, profileName } from '../schema/profile-schema.ts';
import { missingColon } from '../source/yaml-errors.ts';
import { type MapTree, type Tree, withoutEmpty, withoutKeys } from '../source/yaml-tree.ts';
import type { ProfileEntry } from './profile.ts';

/** Profiles as written, with the problems of their names and of values that are not maps. */
export interface Entries {
  readonly profiles: readonly ProfileEntry[];
  readonly problems: readonly Problem[];
}

/** The profiles of an included file: those below `profiles:`, or the one profile whose fields it holds. */
export function profilesOfFile(file: string, tree: MapTree): Entries {
  const listed = tree.entries.get('profiles');
  if (listed === undefined) {
    if (tree.entries.size === 0) {
      return {
        profiles: [],
        problems: [
          problemAt(tree.source, "this included file is empty; write 'profiles' or a profile's fields"),
        ],
      };
    }
    return checked([{ name: basename(file, extname(file)), source: tree.source, tree: withoutEmpty(tree) }]);
  }
  const inside = profilesIn(listed.value);
  const others = [...withoutKeys(tree, ['profiles']).entries].map(([name, { key }]) =>
    problemAt(key, `unknown key '${name}'; an included file holds 'profiles' alone, or one profile's fields`),
  );
  return { profiles: inside.profiles, problems: [...inside.problems, ...others] };
}

/** The profiles below a `profiles:` key. */
export function profilesIn(tree: Tree | undefined): Entries {
  if (tree === undefined || (tree.kind === 'scalar' && tree.value === null))
    return { profiles: [], problems: [] };
  if (tree.kind !== 'map') {
    return {
      profiles: [],
      problems: [problemAt(tree.source, 'profiles must be a map of names and profiles')],
    };
  }
  const problems: Problem[] = [];
  const profiles = [...tree.entries].flatMap(([name, { key, value }]): readonly ProfileEntry[] => {
    if (value.kind === 'map') return [{ name, source: key, tree: withoutEmpty(value) }];
    if (value.kind === 'scalar' && value.value === null) {
      return [{ name, source: key, tree: { kind: 'map', source: key, entries: new Map() } }];
    }
    problems.push(
      problemAt(value.source, `profile '${name}' must be a map of its fields${colonAdvice(value)}`),
    );
    return [];
  });
  const named = checked(profiles);
  return { profiles: named.profiles, problems: [...problems, ...named.problems] };
}

/** Without a colon in its first line, a profile is a text in YAML. */
function colonAdvice(value: Tree): string {
  if (value.kind !== 'scalar' || !/^(?:command|url|preset)[:\s=]/.test(value.written)) return '';
  const advice = missingColon(value.written);
  return advice === null ? '' : `; ${advice}`;
}

function checked(profiles: readonly ProfileEntry[]): Entries {
  const rule = profileName();
  const problems = profiles
    .filter(({ name }) => !rule.safeParse(name).success)
    .map(({ name, source }) => {
      const near = name
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-|-$/g, '');
      const help = rule.safeParse(near).success ? `; write '${near}'` : '';
      return problemAt(source, `profile '${name}': a profile's name ${NAME_RULE}${help}`);
    });
  const reserved = profiles
    .filter(({ name }) => name === OWN_NAME)
    .map(({ source }) =>
      problemAt(source, `profile '${OWN_NAME}': this name is reserved for gwproxy's own log; choose another`),
    );
  return { profiles, problems: [...problems, ...reserved] };
}

/** The first profile of each name; each further one is a problem. */
export function firstOfEachName(profiles: readonly ProfileEntry[], folder: string): Entries {
  const first = new Map<string, ProfileEntry>();
  const problems: Problem[] = [];
  for (const profile of profiles) {
    const before = first.get(profile.name);
    if (before === undefined) {
      first.set(profile.name, profile);
    } else {
      const message = `profile '${profile.name}' is already defined at ${formatPlace(before.source, folder)}; rename one of them`;
      problems.push(problemAt(profile.source, message));
    }
  }
  return { profiles: [...first.values()], problems };
}
