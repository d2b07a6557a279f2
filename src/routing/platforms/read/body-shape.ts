import { bodyFormat } from '../../body/content-type.ts';
import type { BodyFields } from '../../body/reads.ts';
import type { RequestHead } from '../../platform.ts';
import type { JsonSource } from './ids.ts';
import { lenientQuery } from './strict-query.ts';

/** Recognises a sender that posts JSON by the shape of its body: `looksLike` is asked once the body is read. */
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

/** Whether each of those pointers leads to a string. */
export function hasStrings(source: JsonSource, pointers: readonly string[]): boolean {
  return pointers.every((pointer) => source.kind(pointer) === 'string');
}

/** Whether the request has any of those headers. */
export function hasHeader(head: RequestHead, names: readonly string[]): boolean {
  return names.some((name) => head.header(name) !== undefined);
}

/** Whether each of those names is in the query, once or more. */
export function hasInQuery(head: RequestHead, names: readonly string[]): boolean {
  if (head.query === '') return false;
  const values = lenientQuery(head);
  return names.every((name) => values.has(name));
}
