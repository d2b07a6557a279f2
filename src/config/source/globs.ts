import { sep } from 'node:path';

/** A glob for the watcher: the folder where the search starts, and the patterns for each level below it. */
export interface SplitGlob {
  readonly base: string;
  /** The last one matches files, the others folders; '**' matches any number of folders. */
  readonly segments: readonly string[];
}

/** Splits an absolute glob. One with a brace or bracket over several levels covers everything below its base. Pure. */
export function splitGlob(glob: string): SplitGlob {
  const parts = glob.split(sep === '/' ? '/' : /[\\/]/);
  const first = parts.findIndex((part) => MAGIC.test(part));
  const base = parts.slice(0, first === -1 ? -1 : first).join(sep) || sep;
  const segments = first === -1 ? parts.slice(-1) : parts.slice(first);
  // A slash inside a brace or parenthesis splits it.
  const torn = segments.some(
    (part) => count(part, '{') !== count(part, '}') || count(part, '(') !== count(part, ')'),
  );
  return { base, segments: torn ? ['**', '*'] : segments };
}

/**
 * A filter of names for a glob's segment. A segment with braces, brackets or extglobs accepts every name: the worst result
 * is a load that changes nothing. As in the loader, a name that begins with a dot needs a segment that does.
 */
export function nameFilter(segment: string): (name: string) => boolean {
  if (segment === '**') return (name) => !name.startsWith('.');
  if (/[[\]{}()!+@]/.test(segment)) return () => true;
  const source = segment
    .replace(/[.\\^$|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const pattern = new RegExp(`^${source}$`);
  return (name) => pattern.test(name) && (segment.startsWith('.') || !name.startsWith('.'));
}

const MAGIC = /[*?[\]{}()!]/;

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}
