/**
 * The routing fields of a body. A platform asks for them by JSON pointer (RFC 6901), form field name or XML element name,
 * and only for those that it declared in `reads`.
 */
export interface BodyFields {
  readonly format: 'json' | 'form' | 'xml';
  /**
   * The string at that pointer in a JSON body, or in the JSON of the form field `within`; undefined if there is none. Of
   * one longer than 8 KiB, the beginning.
   */
  text(pointer: string, within?: string): string | undefined;
  /** The kind of the value at that pointer; undefined if there is none. */
  kind(pointer: string, within?: string): JsonKind | undefined;
  /** The number at that pointer, as it is written; undefined if there is none. */
  number(pointer: string, within?: string): string | undefined;
  /** The decoded value of a form field; undefined in any other body. */
  form(name: string): string | undefined;
  /** The text of a child element of an XML body's root; undefined in any other body. */
  element(name: string): string | undefined;
  /**
   * The elements of the array at that pointer (declared in `reads.each`), such as Meta's `entry`; pointers into them are
   * relative. Empty if there is no array.
   */
  each(pointer: string): readonly EachFields[];
}

/** An element of an array; pointers are relative to it. */
export interface EachFields {
  text(pointer: string): string | undefined;
  kind(pointer: string): JsonKind | undefined;
  /** As in BodyFields. */
  number(pointer: string): string | undefined;
  /** As in BodyFields, for an array within the element (Meta's `changes`). */
  each(pointer: string): readonly EachFields[];
}

/** The values that are read of each element of an array: pointers, and arrays within the element. */
export interface EachReads {
  readonly json: readonly string[];
  readonly each?: Readonly<Record<string, EachReads>>;
}

/** The values that a platform reads of a body. */
export interface Reads {
  /** JSON pointers into a JSON body. */
  readonly json: readonly string[];
  /** Form fields, by name. */
  readonly form: readonly string[];
  /** JSON pointers into the JSON that a form field holds (Slack's `payload`). */
  readonly formJson: Readonly<Record<string, readonly string[]>>;
  /** Arrays of a JSON body, by pointer, whose elements are all read. */
  readonly each?: Readonly<Record<string, EachReads>>;
  /** Elements that all of these arrays may have together in one body: at least as many as the sender puts into one. */
  readonly most?: number;
  /** Child elements of an XML body's root, by name. */
  readonly xml?: readonly string[];
}

export type JsonKind = 'string' | 'number' | 'true' | 'false' | 'null' | 'object' | 'array';
