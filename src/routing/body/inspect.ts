import type { DoorErrorCode } from '../../errors.ts';
import type { Platform, RequestHead } from '../platform.ts';
import { FormBody, JsonBody, XmlBody } from './body-fields.ts';
import { parseContentType } from './content-type.ts';
import { type FormRead, FormReader, type WantedFields } from './form.ts';
import { compileJsonReads, type JsonFields, JsonReader, type JsonReads } from './json.ts';
import type { BodyFields } from './reads.ts';
import { readXml } from './xml.ts';

/** Everything that several platforms read of a body, compiled. */
export interface BodyReads {
  readonly json: JsonReads;
  readonly form: WantedFields;
  /** Form fields that hold JSON. */
  readonly formJson: ReadonlyMap<string, JsonReads>;
  /** Child elements of an XML body's root; null if none of the platforms reads XML. */
  readonly xml: ReadonlySet<string> | null;
}

export interface BodyType {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

export function bodyTypeOf(head: RequestHead): BodyType {
  return { contentType: head.header('content-type'), contentEncoding: head.header('content-encoding') };
}

/** Whether the body is compressed or otherwise encoded (RFC 9110 §8.4). */
export function isEncoded({ contentEncoding }: BodyType): boolean {
  return contentEncoding !== undefined && !/^(?:identity)?$/i.test(contentEncoding);
}

export type Refusal = {
  readonly code: Extract<
    DoorErrorCode,
    'GWPROXY_BODY_INVALID' | 'GWPROXY_AMBIGUOUS_KEY' | 'GWPROXY_ENCODING'
  >;
  /** Shown to the sender; holds nothing of the body. */
  readonly detail: string;
};

export type Inspection =
  | { readonly outcome: 'fields'; readonly fields: BodyFields }
  | ({ readonly outcome: 'refused' } & Refusal)
  /** The body has a format that none of the platforms reads. */
  | { readonly outcome: 'unreadable'; readonly isEmpty: boolean };

/** Reads one body in slices, so that others can be served in between. */
export interface Inspecting {
  /** Reads on: about that many bytes; null while there is more. */
  read(most: number): Inspection | null;
}

export function compileBodyReads(platforms: readonly Platform[]): BodyReads {
  const formJson = new Map<string, string[]>();
  for (const { reads } of platforms) {
    for (const [field, pointers] of Object.entries(reads.formJson)) {
      formJson.set(field, [...(formJson.get(field) ?? []), ...pointers]);
    }
  }
  const xml = platforms.flatMap(({ reads }) => reads.xml ?? []);
  return {
    json: compileJsonReads(
      platforms.flatMap(({ reads }) => reads.json),
      platforms.flatMap(({ reads }) => (reads.each === undefined ? [] : [reads.each])),
      Math.max(0, ...platforms.map(({ reads }) => reads.most ?? 0)),
    ),
    form: {
      ids: new Set(platforms.flatMap(({ reads }) => reads.form)),
      documents: new Set(formJson.keys()),
    },
    formJson: new Map([...formJson].map(([field, pointers]) => [field, compileJsonReads(pointers)])),
    xml: xml.length === 0 ? null : new Set(xml),
  };
}

/** Reads the routing fields of a whole body at once, however long it is. */
export function inspect(type: BodyType, bytes: Buffer, reads: BodyReads): Inspection {
  const begun = beginInspection(type, bytes, reads);
  if ('outcome' in begun) return begun;
  for (;;) {
    const inspection = begun.read(bytes.length);
    if (inspection !== null) return inspection;
  }
}

/**
 * Begins to read the routing fields of a body. A body without a Content-Type is refused, since some gateways read it as
 * JSON anyway (aiohttp's `request.json()`). An empty one has no fields, whatever its Content-Type says: many clients send
 * that header with every request.
 */
export function beginInspection(type: BodyType, bytes: Buffer, reads: BodyReads): Inspection | Inspecting {
  if (bytes.length === 0) return { outcome: 'unreadable', isEmpty: true };
  if (type.contentType === undefined) {
    return refused('GWPROXY_BODY_INVALID', 'a body without a Content-Type');
  }
  const parsed = parseContentType(type.contentType);
  if (parsed === undefined) return refused('GWPROXY_BODY_INVALID', 'the Content-Type cannot be read');
  const { format } = parsed;
  if (format === 'other' || (format === 'xml' && reads.xml === null))
    return { outcome: 'unreadable', isEmpty: false };
  if (type.contentEncoding !== undefined && isEncoded(type)) {
    return refused(
      'GWPROXY_ENCODING',
      `a body ${labelled('Content-Encoding', type.contentEncoding)} cannot be routed`,
    );
  }
  if (parsed.charset !== undefined && parsed.charset !== 'utf-8') {
    return refused(
      'GWPROXY_ENCODING',
      `a body ${labelled('charset', parsed.charset)} cannot be routed; it must be UTF-8`,
    );
  }
  if (format === 'json') return new JsonInspecting(bytes, reads);
  return format === 'form' ? new FormInspecting(bytes, reads) : inspectXml(bytes, reads.xml ?? new Set());
}

/** Names a label that a header has, where it is of a form that somebody might register. */
function labelled(what: string, label: string): string {
  return /^[\w.:+-]{1,40}$/.test(label) ? `with ${what} ${label}` : `with an unknown ${what}`;
}

class JsonInspecting implements Inspecting {
  readonly #reader: JsonReader;

  constructor(bytes: Buffer, reads: BodyReads) {
    this.#reader = new JsonReader(bytes, reads.json);
  }

  read(most: number): Inspection | null {
    const read = this.#reader.read(most);
    if (read === null) return null;
    return read.outcome === 'read'
      ? { outcome: 'fields', fields: new JsonBody(read.fields) }
      : refusedRead(read.outcome, read.detail);
  }
}

/** First the form, then the JSON in its fields, each in slices of its own. */
class FormInspecting implements Inspecting {
  readonly #form: FormReader;
  /** The fields whose JSON is still to be read. */
  readonly #wanted: (readonly [string, JsonReads])[];
  readonly #json = new Map<string, JsonFields>();
  #values: ReadonlyMap<string, Buffer> | null = null;
  #document: { readonly field: string; readonly reader: JsonReader } | null = null;

  constructor(bytes: Buffer, reads: BodyReads) {
    this.#form = new FormReader(bytes, reads.form);
    this.#wanted = [...reads.formJson];
  }

  read(most: number): Inspection | null {
    if (this.#document !== null) return this.#readDocument(this.#document, most);
    return this.#values === null ? this.#readForm(most) : this.#nextDocument(this.#values);
  }

  #readForm(most: number): Inspection | null {
    const form = this.#form.read(most);
    if (form === null) return null;
    if (form.outcome !== 'read') return refusedRead(form.outcome, form.detail);
    this.#values = form.values;
    return this.#nextDocument(form.values);
  }

  #nextDocument(values: ReadonlyMap<string, Buffer>): Inspection | null {
    for (let next = this.#wanted.shift(); next !== undefined; next = this.#wanted.shift()) {
      const [field, reads] = next;
      const value = values.get(field);
      if (value === undefined) continue;
      this.#document = { field, reader: new JsonReader(value, reads) };
      return null;
    }
    return { outcome: 'fields', fields: new FormBody(values, this.#json) };
  }

  #readDocument({ field, reader }: { field: string; reader: JsonReader }, most: number): Inspection | null {
    const read = reader.read(most);
    if (read === null) return null;
    if (read.outcome !== 'read') return refusedRead(read.outcome, `in a form field's JSON: ${read.detail}`);
    this.#json.set(field, read.fields);
    this.#document = null;
    return null;
  }
}

function inspectXml(bytes: Buffer, wanted: ReadonlySet<string>): Inspection {
  const read = readXml(bytes, wanted);
  return read.outcome === 'read'
    ? { outcome: 'fields', fields: new XmlBody(read.values) }
    : refusedRead(read.outcome, read.detail);
}

function refusedRead(outcome: Exclude<FormRead['outcome'], 'read'>, detail: string): Inspection {
  return refused(outcome === 'ambiguous' ? 'GWPROXY_AMBIGUOUS_KEY' : 'GWPROXY_BODY_INVALID', detail);
}

function refused(code: Refusal['code'], detail: string): Inspection {
  return { outcome: 'refused', code, detail };
}
