import { type JsonRead, JsonReader } from './json-reader.ts';
import type { JsonReads } from './json-reads.ts';

export type { JsonFields } from './json-fields.ts';
export { type JsonRead, JsonReader } from './json-reader.ts';
export { compileJsonReads, type JsonReads } from './json-reads.ts';
export { DEEPEST_JSON } from './json-skimmer.ts';

/** Reads a JSON text at once, however long it is. `JsonReader` says what is accepted, and reads in slices. */
export function readJson(bytes: Buffer, reads: JsonReads): JsonRead {
  const reader = new JsonReader(bytes, reads);
  for (;;) {
    const read = reader.read(Math.max(1, bytes.length));
    if (read !== null) return read;
  }
}
