import { nearest } from '../config/problems.ts';
import { CommandError, EXIT } from '../errors.ts';

/** So many names can be read at a glance; `gwproxy validate` shows them all. */
const MOST_LISTED = 10;

/**
 * Throws a CommandError (2) for the first of the names that is none of the known. `disabled` are profiles that the config
 * has, and has turned off.
 */
export function refuseUnknownProfiles(
  names: readonly string[],
  known: readonly string[],
  disabled: readonly string[] = [],
): void {
  for (const name of names) {
    if (!known.includes(name)) throw new CommandError(EXIT.usage, unknownText(name, known, disabled));
  }
}

/** The name that was probably meant, where one is near; else those that there are. Pure. */
function unknownText(name: string, known: readonly string[], disabled: readonly string[]): string {
  if (disabled.includes(name)) return `'${name}' has enabled: false in the config`;
  const none = `there is no profile '${name}'`;
  const meant = nearest(name, [...known, ...disabled]);
  if (meant !== undefined) return `${none}; did you mean '${meant}'?`;
  if (known.length === 0) return `${none}; none is enabled`;
  const more = known.length - MOST_LISTED;
  const listed = [...known.slice(0, MOST_LISTED), ...(more > 0 ? [`… and ${more} more`] : [])];
  return `${none}; choose from ${listed.join(', ')}`;
}
