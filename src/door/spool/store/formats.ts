import { platforms } from '../../../routing/platforms/index.ts';
import type { PlatformName } from '../../../routing/route.ts';

/** The first line of a spool file, whose fields are not checked yet. */
export type FirstLine = Readonly<Record<string, unknown>>;

/**
 * Each makes the first line of one format that of the next; the first entry is for format 1. Whoever changes what a
 * field means, or requires a new one, adds an entry, so that no delivery is lost that an older gwproxy acknowledged
 * (decision 0033).
 */
const MIGRATIONS: readonly ((line: FirstLine) => FirstLine)[] = [
  // Format 1 lacks the path as received, which differs from the gateway's only where a prefix was stripped. Such a
  // delivery becomes a dead letter, since each is matched again before it is sent.
  (line) => ({ ...line, publicTarget: line.target }),
];

/** The format of the files that this version writes: the `version` of their first line. */
export const FORMAT = MIGRATIONS.length + 1;

/** What a first line is to this version. */
export type Migrated =
  | { readonly kind: 'current'; readonly line: FirstLine }
  /** A newer gwproxy wrote it; the reason is a clause for the operator. */
  | { readonly kind: 'newer'; readonly reason: string }
  | { readonly kind: 'none' };

/** Brings a first line of any known format to FORMAT. Pure. */
export function migrate(line: FirstLine): Migrated {
  const { version } = line;
  if (typeof version !== 'number' || !Number.isSafeInteger(version) || version < 1) return { kind: 'none' };
  if (version > FORMAT) {
    return {
      kind: 'newer',
      reason: `its format is ${version}, and this gwproxy reads formats up to ${FORMAT}`,
    };
  }
  const current = MIGRATIONS.slice(version - 1).reduce((before, next) => next(before), line);
  const { platform } = current;
  // A new sender needs no new format.
  return typeof platform === 'string' && !isPlatformName(platform)
    ? { kind: 'newer', reason: `its sender is ${JSON.stringify(platform)}, which this gwproxy does not know` }
    : { kind: 'current', line: current };
}

export function isPlatformName(value: unknown): value is PlatformName {
  return value === 'custom' || platforms.some(({ name }) => name === value);
}
