import type { JsonNode, KeyMatch } from './json-reads.ts';

const OTHER = 0;
const ALIKE = 1;
const SAME = 2;

/** The match of the key in those bytes (its escapes decoded); null if it is not wanted. */
export function matchKey(node: JsonNode, bytes: Buffer, start: number, end: number): KeyMatch | null {
  const length = end - start;
  if (length >= node.byLength.length) return null;
  let alike: KeyMatch | null = null;
  for (const member of node.byLength[length] ?? []) {
    const likeness = compareKeys(bytes, start, member.key);
    if (likeness === SAME) return member.exact;
    if (likeness === ALIKE) alike = member.alike;
  }
  return alike;
}

function compareKeys(bytes: Buffer, start: number, key: Buffer): number {
  let likeness = SAME;
  for (let index = 0; index < key.length; index++) {
    const byte = bytes[start + index] ?? 0;
    const wanted = key[index] ?? 0;
    if (byte === wanted) continue;
    const letter = byte | 0x20;
    if (letter !== (wanted | 0x20) || letter < 0x61 || letter > 0x7a) return OTHER;
    likeness = ALIKE;
  }
  return likeness;
}
