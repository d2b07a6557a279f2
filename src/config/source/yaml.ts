import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  Scalar,
  type YAMLMap,
} from 'yaml';
import type { Source } from '../../routing/route.ts';
import { mayHoldSecret } from '../mask.ts';
import { type Problem, problemAt } from '../problems.ts';
import { explainYamlError } from './yaml-errors.ts';
import { type Entry, nothing, type Tree } from './yaml-tree.ts';

/** The most nodes of one file with its aliases resolved, which nested aliases can multiply. No real config comes near it. */
const MOST_NODES = 200_000;

export interface Parsed {
  /** Null if the file is empty or not YAML. A part that cannot be read is an empty text. */
  readonly tree: Tree | null;
  readonly problems: readonly Problem[];
}

/**
 * Parses YAML 1.2 into a tree with places. Only the first syntax error is reported, since later ones are often its
 * consequences. Duplicate keys, unknown aliases, cycles and tags are all reported.
 */
export function parseYaml(file: string, text: string): Parsed {
  const lines = new LineCounter();
  // Duplicate keys are reported below: the parser's own error names neither the key nor its first place.
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const { offset, message } = explainYamlError(error, text, document);
    const { line, col } = lines.linePos(offset);
    return { tree: null, problems: [problemAt({ file, line, column: col }, message)] };
  }
  const builder = new TreeBuilder(file, text, document, lines);
  const tree = document.contents === null ? null : builder.build(document.contents);
  return { tree: builder.overflowed ? null : tree, problems: builder.problems };
}

class TreeBuilder {
  readonly problems: Problem[] = [];
  readonly #file: string;
  readonly #text: string;
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #open = new Set<Node>();
  #nodes = 0;

  /** Whether the tree is cut off at MOST_NODES. */
  get overflowed(): boolean {
    return this.#nodes > MOST_NODES;
  }

  constructor(file: string, text: string, document: Document, lines: LineCounter) {
    this.#file = file;
    this.#text = text;
    this.#document = document;
    this.#lines = lines;
  }

  build(node: Node): Tree {
    const source = this.#sourceOf(node);
    this.#nodes += 1;
    if (this.#nodes === MOST_NODES + 1)
      this.#report(source, `aliases unfold to more than ${MOST_NODES} values here`);
    if (this.overflowed) return unreadable(source);
    if (isAlias(node)) return this.#alias(node, source);
    if (this.#open.has(node)) {
      this.#report(source, 'this alias is inside the value that it refers to');
      return unreadable(source);
    }
    this.#open.add(node);
    const tree = this.#value(node, source);
    this.#open.delete(node);
    return tree;
  }

  #value(node: Node, source: Source): Tree {
    if (
      node.tag !== undefined &&
      !/^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/.test(node.tag)
    ) {
      this.#report(source, 'YAML tags are not supported; remove this one');
    }
    if (isMap(node)) return { kind: 'map', source, entries: this.#entries(node) };
    if (isSeq(node))
      return { kind: 'list', source, items: node.items.map((item) => this.#item(item, source)) };
    return isScalar(node) ? this.#scalar(node, source) : unreadable(source);
  }

  #alias(node: Alias, source: Source): Tree {
    const target = node.resolve(this.#document);
    if (target !== undefined) return this.build(target);
    const isSecret = mayHoldSecret(this.#text, node.range?.[0]);
    const [name, quoted] = isSecret ? ['', ''] : [` '&${node.source}'`, `: "*${node.source}"`];
    this.#report(
      source,
      `no anchor${name} is defined above; a text that begins with '*' needs quotes${quoted}`,
    );
    return unreadable(source);
  }

  #item(item: unknown, parent: Source): Tree {
    return isNode(item) ? this.build(item) : nothing(parent);
  }

  #scalar(node: Scalar, source: Source): Tree {
    const { value } = node;
    const written = node.type === 'PLAIN' ? (node.source ?? '') : String(value);
    if (written.includes('\0')) this.#report(source, 'a text must not hold a NUL byte');
    // A lone `~` is null in YAML. No field accepts null, and here it means the home folder.
    if (node.type === 'PLAIN' && written === '~') return { kind: 'scalar', source, value: '~', written };
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
      return { kind: 'scalar', source, value, written };
    }
    return { kind: 'scalar', source, value: null, written };
  }

  #entries(map: YAMLMap): ReadonlyMap<string, Entry> {
    const own = new Map<string, Entry>();
    const merged: Tree[] = [];
    for (const pair of map.items) {
      const key = isAlias(pair.key) ? pair.key.resolve(this.#document) : pair.key;
      if (!isScalar(key)) {
        this.#report(isNode(pair.key) ? this.#sourceOf(pair.key) : this.#sourceOf(map), 'a key must be text');
        continue;
      }
      const source = this.#sourceOf(isNode(pair.key) ? pair.key : map);
      const value = this.#item(pair.value, source);
      const name = key.type === Scalar.PLAIN ? (key.source ?? '') : String(key.value);
      if (name === '<<' && key.type === Scalar.PLAIN) {
        merged.push(value);
        continue;
      }
      const first = own.get(name);
      if (first === undefined) own.set(name, { key: source, value });
      else this.#report(source, `'${name}' is already set in line ${first.key.line}; remove one of them`);
    }
    return this.#merge(own, merged);
  }

  /** A map's own keys win over merged ones, and earlier merges over later ones (yaml.org/type/merge.html). */
  #merge(own: Map<string, Entry>, merged: readonly Tree[]): ReadonlyMap<string, Entry> {
    const maps = merged.flatMap((tree) => (tree.kind === 'list' ? tree.items : [tree]));
    for (const tree of maps) {
      if (tree.kind !== 'map') {
        this.#report(tree.source, "'<<' takes a map, or a list of maps");
        continue;
      }
      for (const [name, entry] of tree.entries) if (!own.has(name)) own.set(name, entry);
    }
    return own;
  }

  #sourceOf(node: Node): Source {
    const { line, col } = this.#lines.linePos(node.range?.[0] ?? 0);
    return { file: this.#file, line, column: col };
  }

  #report(source: Source, message: string): void {
    this.problems.push(problemAt(source, message));
  }
}

/** Replaces a part that cannot be read. It is not an empty value, which would count as not given. */
function unreadable(source: Source): Tree {
  return { kind: 'scalar', source, value: '', written: '' };
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}
