/** Where a wanted value may stand: one step of a pointer, shared by all pointers that go through it. */
export interface JsonNode {
  readonly id: number;
  /** Index of the pointer that ends here, or -1. */
  readonly slot: number;
  /**
   * Members by the length of their key in UTF-8, so that most keys of a body are told off by length alone.
   */
  readonly byLength: readonly (readonly JsonMember[])[];
  /** Members by their decoded key, for keys that are written with escapes. */
  readonly byName: ReadonlyMap<string, JsonNode>;
  /** Elements by index, where the node stands for an array. */
  readonly byIndex: readonly (JsonNode | null)[];
}

export interface JsonMember {
  readonly key: Buffer;
  readonly node: JsonNode;
}

/** Wanted pointers, compiled once; `readJson` takes them for any number of bodies. */
export interface JsonReads {
  readonly root: JsonNode;
  /** How many nodes there are; their ids are below it. */
  readonly nodes: number;
  /** Each pointer and its slot. */
  readonly slots: ReadonlyMap<string, number>;
}

/** An array is read no further than this, so that a pointer cannot ask for a table of its own size. */
const HIGHEST_INDEX = 255;

interface Draft {
  slot: number;
  readonly next: Map<string, Draft>;
}

/**
 * Compiles JSON pointers (RFC 6901) for `readJson`. Throws on what is no pointer: pointers are the program's
 * or come from a checked config. A step in digits stands for a member of that name and for an array's
 * element.
 */
export function compileJsonReads(pointers: readonly string[]): JsonReads {
  const root: Draft = { slot: -1, next: new Map() };
  const slots = new Map<string, number>();
  for (const pointer of pointers) {
    if (slots.has(pointer)) continue;
    let draft = root;
    for (const step of steps(pointer)) {
      const next = draft.next.get(step) ?? { slot: -1, next: new Map() };
      draft.next.set(step, next);
      draft = next;
    }
    draft.slot = slots.size;
    slots.set(pointer, draft.slot);
  }
  const count = { nodes: 0 };
  return { root: freeze(root, count), nodes: count.nodes, slots };
}

function steps(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) throw new Error(`no JSON pointer: ${pointer}`);
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function freeze(draft: Draft, count: { nodes: number }): JsonNode {
  const id = count.nodes++;
  const byLength: JsonMember[][] = [];
  const byName = new Map<string, JsonNode>();
  const byIndex: (JsonNode | null)[] = [];
  for (const [step, next] of draft.next) {
    const node = freeze(next, count);
    const key = Buffer.from(step);
    byName.set(step, node);
    while (byLength.length <= key.length) byLength.push([]);
    byLength[key.length]?.push({ key, node });
    const index = /^(?:0|[1-9]\d{0,2})$/.test(step) ? Number(step) : -1;
    if (index < 0 || index > HIGHEST_INDEX) continue;
    while (byIndex.length <= index) byIndex.push(null);
    byIndex[index] = node;
  }
  return { id, slot: draft.slot, byLength, byName, byIndex };
}
