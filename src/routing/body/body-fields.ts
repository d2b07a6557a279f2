import type { JsonFields } from './json-fields.ts';
import type { BodyFields, EachFields, JsonKind } from './reads.ts';

/** A body without any fields; each format overrides what it has. */
class Body {
  text(_pointer: string, _within?: string): string | undefined {
    return undefined;
  }

  kind(_pointer: string, _within?: string): JsonKind | undefined {
    return undefined;
  }

  number(_pointer: string, _within?: string): string | undefined {
    return undefined;
  }

  form(_name: string): string | undefined {
    return undefined;
  }

  element(_name: string): string | undefined {
    return undefined;
  }

  each(_pointer: string): readonly EachFields[] {
    return [];
  }
}

export class JsonBody extends Body implements BodyFields {
  readonly format = 'json';
  readonly #fields: JsonFields;

  constructor(fields: JsonFields) {
    super();
    this.#fields = fields;
  }

  override text(pointer: string, within?: string): string | undefined {
    return within === undefined ? this.#fields.text(pointer) : undefined;
  }

  override kind(pointer: string, within?: string): JsonKind | undefined {
    return within === undefined ? this.#fields.kind(pointer) : undefined;
  }

  override number(pointer: string, within?: string): string | undefined {
    return within === undefined ? this.#fields.number(pointer) : undefined;
  }

  override each(pointer: string): readonly EachFields[] {
    return this.#fields.each(pointer);
  }
}

export class FormBody extends Body implements BodyFields {
  readonly format = 'form';
  readonly #values: ReadonlyMap<string, Buffer>;
  readonly #json: ReadonlyMap<string, JsonFields>;

  constructor(values: ReadonlyMap<string, Buffer>, json: ReadonlyMap<string, JsonFields>) {
    super();
    this.#values = values;
    this.#json = json;
  }

  override text(pointer: string, within?: string): string | undefined {
    return within === undefined ? undefined : this.#json.get(within)?.text(pointer);
  }

  override kind(pointer: string, within?: string): JsonKind | undefined {
    return within === undefined ? undefined : this.#json.get(within)?.kind(pointer);
  }

  override number(pointer: string, within?: string): string | undefined {
    return within === undefined ? undefined : this.#json.get(within)?.number(pointer);
  }

  override form(name: string): string | undefined {
    return this.#values.get(name)?.toString('utf8');
  }
}

export class XmlBody extends Body implements BodyFields {
  readonly format = 'xml';
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    super();
    this.#values = values;
  }

  override element(name: string): string | undefined {
    return this.#values.get(name);
  }
}
