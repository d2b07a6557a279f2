import { readForm } from '../../body/form.ts';
import type { Ambiguous, RequestHead } from '../../platform.ts';

/** The wanted fields of a query, read as strictly as a form body: a query that can be read in two ways is ambiguous. */
export function readQuery(
  head: RequestHead,
  wanted: ReadonlySet<string>,
): ReadonlyMap<string, string> | Ambiguous {
  // A request target's characters are bytes.
  const read = readForm(Buffer.from(head.query, 'latin1'), wanted);
  if (read.outcome !== 'read') return { ambiguous: `in the query: ${read.detail}` };
  return new Map([...read.values].map(([name, value]) => [name, value.toString('utf8')]));
}
