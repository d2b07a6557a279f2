import { bodyFormat } from '../../body/content-type.ts';
import type { BodyFields } from '../../body/reads.ts';
import type { RequestHead } from '../../platform.ts';
import type { JsonSource } from './read.ts';

/** Of a sender that posts JSON and whose body must be seen: asks `looksLike` of it once it is there. */
export function byJsonShape(
  head: RequestHead,
  body: BodyFields | undefined,
  looksLike: (body: BodyFields) => boolean,
): boolean | 'needs body' {
  if (head.method !== 'POST') return false;
  if (body !== undefined) return body.format === 'json' && looksLike(body);
  const format = bodyFormat(head);
  return format === 'json' || format === 'unknown' ? 'needs body' : false;
}

/** Whether a string stands at each of those pointers. */
export function hasStrings(source: JsonSource, pointers: readonly string[]): boolean {
  return pointers.every((pointer) => source.kind(pointer) === 'string');
}

/** Whether any of those headers is there. */
export function hasHeader(head: RequestHead, names: readonly string[]): boolean {
  return names.some((name) => head.header(name) !== undefined);
}

/** Whether each of those names is in the query, once or more. */
export function hasInQuery({ query }: RequestHead, names: readonly string[]): boolean {
  if (query === '') return false;
  const values = new URLSearchParams(query);
  return names.every((name) => values.has(name));
}
