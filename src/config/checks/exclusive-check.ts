import { formatPlace, type Problem, problemAt } from '../problems.ts';
import type { Exclusive, Profile } from '../read/profile.ts';

/** Warnings: profiles that would share what their presets say only one gateway may have. */
export function checkExclusive(profiles: readonly Profile[], folder: string): readonly Problem[] {
  const owners: { readonly profile: string; readonly first: Exclusive }[] = [];
  return profiles.flatMap(({ name, facts }) =>
    facts.exclusive.flatMap((one) => {
      const owner = owners.find(({ first }) => first.key === one.key && overlap(first, one));
      if (owner === undefined) {
        owners.push({ profile: name, first: one });
        return [];
      }
      const { profile, first } = owner;
      const message = `${one.what} is also that of profile '${profile}' at ${formatPlace(first.source, folder)}: ${one.consequence}`;
      return [problemAt(one.source, message)];
    }),
  );
}

function overlap({ ports: a }: Exclusive, { ports: b }: Exclusive): boolean {
  return a === undefined || b === undefined || (a.first <= b.last && b.first <= a.last);
}
