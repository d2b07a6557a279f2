import type { JsonKind } from '../../body/reads.ts';

/** The part of a body, or of the JSON in a form field, that a platform's own reading needs. */
export interface JsonSource {
  text(pointer: string): string | undefined;
  kind(pointer: string): JsonKind | undefined;
}

/**
 * The first id along those pointers. Absent, null, empty and an object (its own id is asked for by a pointer
 * of its own) go on to the next; anything else that is no string is no key, and what stands behind it is none
 * either: the sender meant this one.
 */
export function firstId(source: JsonSource, pointers: readonly string[]): string | undefined {
  for (const pointer of pointers) {
    const kind = source.kind(pointer);
    if (kind === undefined || kind === 'null' || kind === 'object') continue;
    const text = source.text(pointer);
    if (text !== '') return text;
  }
  return undefined;
}

/** The fields that have a value, in the order given. */
export function present(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value !== undefined && value !== '') kept[name] = value;
  }
  return kept;
}

/** All of those ids; undefined where one is missing, or there are none at all: what is left would not tell. */
export function allIds(ids: readonly (string | undefined)[]): readonly string[] | undefined {
  const known: string[] = [];
  for (const id of ids) {
    if (id === undefined || id === '') return undefined;
    known.push(id);
  }
  return known.length === 0 ? undefined : known;
}
