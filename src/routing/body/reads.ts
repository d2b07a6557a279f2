/**
 * The routing fields of a body, each read once from the raw bytes. A platform asks by JSON pointer (RFC 6901)
 * or by form field name, and only for what it declared in `reads`.
 */
export interface BodyFields {
  readonly format: 'json' | 'form' | 'xml';
  /** The string at that pointer in a JSON body, or in the JSON of the form field `within`; else undefined. */
  text(pointer: string, within?: string): string | undefined;
  /** What kind of value stands there. */
  kind(pointer: string, within?: string): JsonKind | undefined;
  /** The digits of the number that stands there, as they are written; else undefined. */
  number(pointer: string, within?: string): string | undefined;
  /** The decoded value of a form field; undefined in any other body. */
  form(name: string): string | undefined;
  /** The text of a child element of an XML body's root; undefined in any other body. */
  element(name: string): string | undefined;
  /**
   * Each element of the array at that pointer (declared in `reads.each`), as a reader of pointers relative to it:
   * Meta's `entry`, Graph's `value`. Empty where no array is.
   */
  each(pointer: string): readonly EachFields[];
}

/** One element of an array, read by pointers relative to it. */
export interface EachFields {
  text(pointer: string): string | undefined;
  kind(pointer: string): JsonKind | undefined;
  /** As in BodyFields: an array within the element (Meta's `changes`). */
  each(pointer: string): readonly EachFields[];
}

/** Arrays of which every element is read: what is read of each element, and the arrays within it. */
export interface EachReads {
  readonly json: readonly string[];
  readonly each?: Readonly<Record<string, EachReads>>;
}

/** What a platform reads of a body; nothing else of it is looked at. */
export interface Reads {
  /** JSON pointers into a JSON body. */
  readonly json: readonly string[];
  /** Form fields, by name. */
  readonly form: readonly string[];
  /** JSON pointers into the JSON that a form field holds (Slack's `payload`). */
  readonly formJson: Readonly<Record<string, readonly string[]>>;
  /** Arrays of a JSON body, by pointer, of which every element is read. */
  readonly each?: Readonly<Record<string, EachReads>>;
  /** Child elements of an XML body's root, by name. */
  readonly xml?: readonly string[];
}

export type JsonKind = 'string' | 'number' | 'true' | 'false' | 'null' | 'object' | 'array';
