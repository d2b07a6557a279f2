import type { JsonKind } from '../../body/reads.ts';
import type { Attributes, PlatformName } from '../../route.ts';

/** A JSON body, or the JSON in a form field, that ids are read from. */
export interface JsonSource {
  text(pointer: string): string | undefined;
  kind(pointer: string): JsonKind | undefined;
}

/** Not all parsers agree on `12.0` or `1e1`. */
const WHOLE_NUMBER = /^\d{1,20}$/;

/** A number as it is written, if it can be an id. */
export function wholeNumber(written: string | undefined): string | undefined {
  return written !== undefined && WHOLE_NUMBER.test(written) ? written : undefined;
}

/** An id of a sender whose ids are numbers, written as a number or as a string. */
export function numericId(
  source: { text(pointer: string): string | undefined; number(pointer: string): string | undefined },
  pointer: string,
): string | undefined {
  return source.text(pointer) ?? wholeNumber(source.number(pointer));
}

/**
 * The first id among those pointers. Absent, null, empty and object values are passed over (an object's id has a
 * pointer of its own). Any other value that is not a string ends the search without an id: the sender meant that one.
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
export function presentFields(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value !== undefined && value !== '') found[name] = value;
  }
  return found;
}

/** The delivery of a request for one bot; none if all of the fields are empty. */
export function oneDelivery(
  platform: PlatformName,
  values: Readonly<Record<string, string | undefined>>,
): readonly Attributes[] {
  const fields = presentFields(values);
  return Object.keys(fields).length === 0 ? [] : [{ platform, fields }];
}

/** All of those ids; undefined if one is missing or there are none: the rest would not identify the delivery. */
export function allIds(ids: readonly (string | undefined)[]): readonly string[] | undefined {
  const known: string[] = [];
  for (const id of ids) {
    if (id === undefined || id === '') return undefined;
    known.push(id);
  }
  return known.length === 0 ? undefined : known;
}
