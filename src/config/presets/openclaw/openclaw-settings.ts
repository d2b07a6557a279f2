import type { Source } from '../../../routing/route.ts';
import { keySource, type MapTree, type Path, type Tree, treeAt } from '../../source/yaml-tree.ts';

/** A value of openclaw.json or of its environment, with its place. */
export interface Setting {
  readonly text: string;
  readonly source: Source;
  /** It holds what a variable holds, which may be a secret, and no message may show it. */
  readonly hidden: boolean;
}

/** Looks a variable up; an empty one counts as unset, as in OpenClaw. */
export type Variable = (name: string) => string | undefined;

/** One map of openclaw.json, and what stands in its place where it lacks a key. */
export class Settings {
  readonly source: Source;
  readonly #maps: readonly MapTree[];
  readonly #variable: Variable;

  /** The first map that has a key wins. At least one. */
  constructor(maps: readonly [MapTree, ...MapTree[]], variable: Variable) {
    [{ source: this.source }] = maps;
    this.#maps = maps;
    this.#variable = variable;
  }

  /** The map at that path; empty, with the place of its nearest ancestor, if there is none. */
  map(...path: Path): Settings {
    const found = this.#at(path);
    if (found?.kind === 'map') return new Settings([found], this.#variable);
    return new Settings(
      [{ kind: 'map', source: found?.source ?? this.source, entries: new Map() }],
      this.#variable,
    );
  }

  /** The settings of that map, and behind them those of this one. */
  over(map: MapTree): Settings {
    return new Settings([map, ...this.#maps], this.#variable);
  }

  has(...path: Path): boolean {
    return this.#at(path) !== undefined;
  }

  /** The maps below that path, each with its key and the place of that. */
  entries(...path: Path): readonly { readonly name: string; readonly key: Source; readonly map: MapTree }[] {
    const found = this.#at(path);
    if (found?.kind !== 'map') return [];
    return [...found.entries].flatMap(([name, { key, value }]) =>
      value.kind === 'map' ? [{ name, key, map: value }] : [],
    );
  }

  /** The place of that key, or of its nearest ancestor that is there. */
  keySource(...path: Path): Source {
    for (let length = path.length; length > 0; length -= 1) {
      const part = path.slice(0, length);
      const owner = this.#maps.find((map) => treeAt(map, part) !== undefined);
      if (owner !== undefined) return keySource(owner, part);
    }
    return this.source;
  }

  flag(...path: Path): boolean | undefined {
    const found = this.#at(path);
    return found?.kind === 'scalar' && typeof found.value === 'boolean' ? found.value : undefined;
  }

  /** Text or a number, with its `${NAME}` replaced; undefined if one of them is not set. */
  text(...path: Path): Setting | undefined {
    const found = this.#at(path);
    if (found?.kind !== 'scalar' || found.value === null || typeof found.value === 'boolean')
      return undefined;
    const text = this.#substituted(String(found.value));
    return text === undefined || text === ''
      ? undefined
      : { text, source: found.source, hidden: text !== String(found.value) };
  }

  texts(...path: Path): readonly string[] {
    const found = this.#at(path);
    if (found?.kind !== 'list') return [];
    return found.items.flatMap((item) => {
      const text =
        item.kind === 'scalar' && typeof item.value === 'string' ? this.#substituted(item.value) : '';
      return text ? [text] : [];
    });
  }

  /**
   * A secret: a text, `$NAME`, or a SecretRef whose source is `env`. Undefined if it is kept where only the gateway can
   * read it, such as in a file or a program.
   */
  secret(...path: Path): Setting | undefined {
    const found = this.#at(path);
    if (found === undefined) return undefined;
    const name = referenced(found);
    const text = name === null ? this.text(...path)?.text : this.#variable(name);
    return text === undefined || text === '' ? undefined : { text, source: found.source, hidden: true };
  }

  #at(path: Path): Tree | undefined {
    for (const map of this.#maps) {
      const found = treeAt(map, path);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** As OpenClaw does it (docs/gateway/configuration/environment-variables.md): `$${NAME}` is a literal `${NAME}`. */
  #substituted(text: string): string | undefined {
    let complete = true;
    const replaced = text.replace(/(\$?)\$\{([A-Z_][A-Z0-9_]*)\}/g, (whole, dollar: string, name: string) => {
      if (dollar !== '') return whole.slice(1);
      const value = this.#variable(name);
      if (!value) complete = false;
      return value ?? '';
    });
    return complete ? replaced : undefined;
  }
}

function referenced(tree: Tree): string | null {
  if (tree.kind === 'scalar') {
    return typeof tree.value === 'string' ? (/^\$([A-Z_][A-Z0-9_]*)$/.exec(tree.value)?.[1] ?? null) : null;
  }
  const source = treeAt(tree, ['source']);
  const id = treeAt(tree, ['id']);
  if (source?.kind !== 'scalar' || id?.kind !== 'scalar') return null;
  return source.value === 'env' && typeof id.value === 'string' ? id.value : null;
}
