import { nearest } from '../config/problems.ts';
import { CommandError, EXIT } from '../errors.ts';

/** An error lists this many names at most; `gwproxy validate` shows all of them. */
const MOST_LISTED = 10;

/**
 * Throws a CommandError (2) for the first name that is not among `known`. `disabled` are the profiles with
 * `enabled: false` in the config.
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

/** Suggests the nearest name, or lists the known ones. Pure. */
function unknownText(name: string, known: readonly string[], disabled: readonly string[]): string {
  if (disabled.includes(name)) return `profile '${name}' is disabled: it has enabled: false in the config`;
  const none = `there is no profile '${name}'`;
  const meant = nearest(name, [...known, ...disabled]);
  if (meant !== undefined) return `${none}; did you mean '${meant}'?`;
  if (known.length === 0) return `${none}; no profile is enabled`;
  const more = known.length - MOST_LISTED;
  const listed = [...known.slice(0, MOST_LISTED), ...(more > 0 ? [`… and ${more} more`] : [])];
  return `${none}; choose from ${listed.join(', ')}`;
}
