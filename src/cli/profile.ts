import { distance } from 'fastest-levenshtein';
import { CommandError, EXIT } from '../errors.ts';

/** Throws a CommandError (2) that names the nearest profile, where one of the names is none of the known. */
export function refuseUnknown(names: readonly string[], known: readonly string[]): void {
  for (const name of names) {
    if (known.includes(name)) continue;
    const [nearest] = [...known].sort((a, b) => distance(a, name) - distance(b, name));
    throw new CommandError(EXIT.usage, `there is no profile '${name}'; did you mean '${nearest}'?`);
  }
}
