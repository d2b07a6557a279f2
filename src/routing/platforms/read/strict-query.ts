import { readForm } from '../../body/form.ts';
import { foldCase } from '../../body/json-reads.ts';
import type { Ambiguous, RequestHead } from '../../platform.ts';

type QueryFields = ReadonlyMap<string, string>;

/** What was read, by the set of wanted fields: several platforms ask several times for the same. */
const strictlyRead = new WeakMap<RequestHead, Map<ReadonlySet<string>, QueryFields | Ambiguous>>();

/**
 * The wanted fields of a query, read as strictly as a form body: a query that can be read in two ways is ambiguous. What is
 * read is remembered by the set itself, so `wanted` must be a constant.
 */
export function readQuery(head: RequestHead, wanted: ReadonlySet<string>): QueryFields | Ambiguous {
  let known = strictlyRead.get(head);
  if (known === undefined) {
    known = new Map();
    strictlyRead.set(head, known);
  }
  const read = known.get(wanted) ?? readStrictly(head, wanted);
  known.set(wanted, read);
  return read;
}

function readStrictly(head: RequestHead, wanted: ReadonlySet<string>): QueryFields | Ambiguous {
  // A request target's characters are bytes.
  const read = readForm(Buffer.from(head.query, 'latin1'), wanted);
  if (read.outcome !== 'read') return { ambiguous: `in the query: ${read.detail}` };
  return new Map([...read.values].map(([name, value]) => [name, value.toString('utf8')]));
}

const parsed = new WeakMap<RequestHead, URLSearchParams>();

/** The query of a request, parsed leniently; once for all platforms, since it may have thousands of fields. */
export function lenientQuery(head: RequestHead): URLSearchParams {
  const known = parsed.get(head);
  if (known !== undefined) return known;
  const query = new URLSearchParams(head.query);
  parsed.set(head, query);
  return query;
}

/**
 * The value of a parameter whose name has no case for its sender or for the servers that read it (ASP.NET's); undefined if
 * it is absent. Two spellings in one query are ambiguous, since other servers tell them apart.
 */
export function readAnyCase(head: RequestHead, name: string): string | undefined | Ambiguous {
  if (head.query === '') return undefined;
  const folded = foldCase(name);
  const spellings = new Set([...lenientQuery(head).keys()].filter((key) => foldCase(key) === folded));
  const [spelling] = spellings;
  if (spelling === undefined) return undefined;
  if (spellings.size > 1) return { ambiguous: `in the query: ${name} in two spellings` };
  const query = readStrictly(head, spellings);
  return 'ambiguous' in query ? query : query.get(spelling);
}
