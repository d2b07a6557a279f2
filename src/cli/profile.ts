import { distance } from 'fastest-levenshtein';
import type { Plan } from '../config/types.ts';
import { CommandError, EXIT } from '../errors.ts';

/** Throws a CommandError (2) that names the nearest profile, where one of the names is none. */
export function refuseUnknown(names: readonly string[], plan: Plan): void {
  const known = plan.profiles.map((profile) => profile.name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const [nearest] = [...known].sort((a, b) => distance(a, name) - distance(b, name));
    throw new CommandError(EXIT.usage, `there is no profile '${name}'; did you mean '${nearest}'?`);
  }
}
