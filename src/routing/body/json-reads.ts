import type { EachReads } from './reads.ts';

/** A step of a pointer, shared by all pointers with the same beginning. */
export interface JsonNode {
  /** Equal for siblings whose keys differ only in ASCII case: a body may hold only one of these. */
  readonly id: number;
  /** Index of the pointer that ends here, or -1. */
  readonly slot: number;
  /** Index of the list that starts here, or -1. */
  readonly list: number;
  /** The values that are read of each element of that list. */
  readonly each: JsonReads | null;
  /** Members by the length of their key in UTF-8, so that most keys of a body are ruled out by their length. */
  readonly byLength: readonly (readonly JsonMember[])[];
  /** Elements by index, if the value is an array. */
  readonly byIndex: readonly (JsonNode | null)[];
}

/** A wanted key that a key of a body equals, or equals but for the case of ASCII letters. */
export interface KeyMatch {
  /** The id of the node that the key leads to; a body may hold it only once. */
  readonly id: number;
  /** Null if the case differs. */
  readonly node: JsonNode | null;
}

export interface JsonMember {
  /** In UTF-8. */
  readonly key: Buffer;
  /** What a key that equals this one comes to; made once, so that reading allocates nothing. */
  readonly exact: KeyMatch;
  /** The same for a key that equals it but for the case of ASCII letters. */
  readonly alike: KeyMatch;
}

/** Compiled pointers; `readJson` uses them for any number of bodies. */
export interface JsonReads {
  readonly root: JsonNode;
  /** The number of node ids. */
  readonly nodes: number;
  /** Each pointer and its slot. */
  readonly slots: ReadonlyMap<string, number>;
  /** Each pointer to a list (an array whose elements are all read) and its index. */
  readonly lists: ReadonlyMap<string, number>;
  /** Bytes of the longest key on the way of a pointer, the lists' included. */
  readonly longestKey: number;
  /** Elements that all lists of a body may have together. */
  readonly most: number;
}

/** Arrays by pointer, as platforms declare them. */
export type JsonLists = Readonly<Record<string, EachReads>>;

/** Limits the tables by index, whatever index a pointer in the config has. */
const HIGHEST_INDEX = 255;

interface Draft {
  slot: number;
  list: number;
  each: JsonReads | null;
  readonly next: Map<string, Draft>;
}

/**
 * Compiles JSON pointers (RFC 6901) and lists for `readJson`; several platforms' reads of one list are combined. A step in
 * digits means a member of that name or an element of an array. A body whose lists have more than `most` elements is
 * refused. Throws for an invalid pointer, which the config's check refuses.
 */
export function compileJsonReads(
  pointers: readonly string[],
  lists: readonly JsonLists[] = [],
  most = 0,
): JsonReads {
  const root = draft();
  const slots = new Map<string, number>();
  for (const pointer of pointers) {
    if (slots.has(pointer)) continue;
    draftAt(root, pointer).slot = slots.size;
    slots.set(pointer, slots.size);
  }
  const indexes = new Map<string, number>();
  for (const [pointer, wanted] of combine(lists)) {
    const at = draftAt(root, pointer);
    at.list = indexes.size;
    at.each = compileJsonReads(
      wanted.flatMap(({ json }) => json),
      wanted.flatMap(({ each }) => (each === undefined ? [] : [each])),
    );
    indexes.set(pointer, at.list);
  }
  const count = { nodes: 0, longestKey: 0 };
  return { root: freeze(root, count.nodes++, count), slots, lists: indexes, most, ...count };
}

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

/** The decoded steps of a pointer; undefined if it is invalid. */
export function pointerSteps(pointer: string): readonly string[] | undefined {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) return undefined;
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Converts only ASCII letters to lower case: parsers that ignore case agree on no others. */
export function foldCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

function combine(lists: readonly JsonLists[]): ReadonlyMap<string, readonly EachReads[]> {
  const byPointer = new Map<string, EachReads[]>();
  for (const [pointer, wanted] of lists.flatMap((list) => Object.entries(list))) {
    byPointer.set(pointer, [...(byPointer.get(pointer) ?? []), wanted]);
  }
  return byPointer;
}

function draft(): Draft {
  return { slot: -1, list: -1, each: null, next: new Map() };
}

function draftAt(root: Draft, pointer: string): Draft {
  const steps = pointerSteps(pointer);
  if (steps === undefined) throw new Error(`not a JSON pointer: ${pointer}`);
  let at = root;
  for (const step of steps) {
    const next = at.next.get(step) ?? draft();
    at.next.set(step, next);
    at = next;
  }
  return at;
}

function freeze(
  { slot, list, each, next }: Draft,
  id: number,
  count: { nodes: number; longestKey: number },
): JsonNode {
  const byLength: JsonMember[][] = [];
  const ids = new Map<string, number>();
  count.longestKey = Math.max(count.longestKey, each?.longestKey ?? 0);
  const byIndex: (JsonNode | null)[] = [];
  for (const [name, child] of next) {
    const folded = foldCase(name);
    const nodeId = ids.get(folded) ?? count.nodes++;
    ids.set(folded, nodeId);
    const node = freeze(child, nodeId, count);
    const key = Buffer.from(name);
    const member = { key, exact: { id: nodeId, node }, alike: { id: nodeId, node: null } };
    count.longestKey = Math.max(count.longestKey, key.length);
    while (byLength.length <= key.length) byLength.push([]);
    byLength[key.length]?.push(member);
    const index = /^(?:0|[1-9]\d{0,2})$/.test(name) ? Number(name) : -1;
    if (index < 0 || index > HIGHEST_INDEX) continue;
    while (byIndex.length <= index) byIndex.push(null);
    byIndex[index] = node;
  }
  return { id, slot, list, each, byLength, byIndex };
}
