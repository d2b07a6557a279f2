import { sep } from 'node:path';

/** A glob as a watcher sees it: where it begins to look, and what it looks for from there, level by level. */
export interface SplitGlob {
  readonly base: string;
  /** The last is for files, those before for folders; '**' is any number of these. */
  readonly segments: readonly string[];
}

/** Of an absolute glob; pure. What is written in too clever a way looks everywhere below its base. */
export function splitGlob(glob: string): SplitGlob {
  const parts = glob.split(sep === '/' ? '/' : /[\\/]/);
  const first = parts.findIndex((part) => MAGIC.test(part));
  const base = parts.slice(0, first === -1 ? -1 : first).join(sep) || sep;
  const segments = first === -1 ? parts.slice(-1) : parts.slice(first);
  // A brace that holds a slash belongs to several levels at once.
  const torn = segments.some(
    (part) => count(part, '{') !== count(part, '}') || count(part, '(') !== count(part, ')'),
  );
  return { base, segments: torn ? ['**', '*'] : segments };
}

/**
 * Whether a glob's segment matches a name; where that is not simple to say, it does: one load too many changes
 * nothing. Names that begin with a dot are matched where it says so, as by the loader.
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
