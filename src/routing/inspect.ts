import type { DoorErrorCode } from '../errors.ts';
import { parseContentType } from './content-type.ts';
import { type FormRead, readForm } from './form.ts';
import { compileJsonReads, type JsonFields, type JsonKind, type JsonReads, readJson } from './json.ts';
import type { BodyFields, Platform } from './platform.ts';

/** What several platforms together read of a body, compiled once. */
export interface BodyReads {
  readonly json: JsonReads;
  readonly form: ReadonlySet<string>;
  /** Form fields that hold JSON. */
  readonly formJson: ReadonlyMap<string, JsonReads>;
}

export interface BodyType {
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
}

export type Refusal = {
  readonly code: Extract<
    DoorErrorCode,
    'GWPROXY_BODY_INVALID' | 'GWPROXY_AMBIGUOUS_KEY' | 'GWPROXY_ENCODING'
  >;
  /** For the sender: nothing of the body is in it. */
  readonly detail: string;
};

export type Inspection =
  | { readonly outcome: 'fields'; readonly fields: BodyFields }
  | ({ readonly outcome: 'refused' } & Refusal)
  /** Neither JSON nor a form: nothing can be read of it. */
  | { readonly outcome: 'unreadable' };

export function compileBodyReads(platforms: readonly Platform[]): BodyReads {
  const formJson = new Map<string, string[]>();
  for (const { reads } of platforms) {
    for (const [field, pointers] of Object.entries(reads.formJson)) {
      formJson.set(field, [...(formJson.get(field) ?? []), ...pointers]);
    }
  }
  return {
    json: compileJsonReads(platforms.flatMap(({ reads }) => reads.json)),
    form: new Set([...platforms.flatMap(({ reads }) => reads.form), ...formJson.keys()]),
    formJson: new Map([...formJson].map(([field, pointers]) => [field, compileJsonReads(pointers)])),
  };
}

/**
 * Reads the routing fields of a body. Fails closed: a body without a Content-Type is refused and not guessed
 * at, since gateways read JSON without looking at that header (aiohttp's `request.json()`); no body at all is
 * only unreadable.
 */
export function inspect(type: BodyType, bytes: Buffer, reads: BodyReads): Inspection {
  if (type.contentType === undefined) {
    return bytes.length === 0
      ? { outcome: 'unreadable' }
      : refused('GWPROXY_BODY_INVALID', 'a body without a Content-Type');
  }
  const parsed = parseContentType(type.contentType);
  if (parsed === undefined) return refused('GWPROXY_BODY_INVALID', 'the Content-Type cannot be read');
  if (parsed.format === 'other') return { outcome: 'unreadable' };
  if (type.contentEncoding !== undefined && !/^(?:identity)?$/i.test(type.contentEncoding)) {
    return refused('GWPROXY_ENCODING', 'an encoded body cannot be routed');
  }
  if (parsed.charset !== undefined && parsed.charset !== 'utf-8') {
    return refused('GWPROXY_ENCODING', 'a body that is not UTF-8 cannot be routed');
  }
  return parsed.format === 'json' ? inspectJson(bytes, reads) : inspectForm(bytes, reads);
}

function inspectJson(bytes: Buffer, reads: BodyReads): Inspection {
  const read = readJson(bytes, reads.json);
  return read.outcome === 'read'
    ? { outcome: 'fields', fields: new JsonBody(read.fields) }
    : unread(read.outcome, read.detail);
}

function inspectForm(bytes: Buffer, reads: BodyReads): Inspection {
  const form = readForm(bytes, reads.form);
  if (form.outcome !== 'read') return unread(form.outcome, form.detail);
  const json = new Map<string, JsonFields>();
  for (const [field, jsonReads] of reads.formJson) {
    const value = form.values.get(field);
    if (value === undefined) continue;
    const read = readJson(value, jsonReads);
    if (read.outcome !== 'read') return unread(read.outcome, `in a form field's JSON: ${read.detail}`);
    json.set(field, read.fields);
  }
  return { outcome: 'fields', fields: new FormBody(form.values, json) };
}

function unread(outcome: Exclude<FormRead['outcome'], 'read'>, detail: string): Inspection {
  return refused(outcome === 'ambiguous' ? 'GWPROXY_AMBIGUOUS_KEY' : 'GWPROXY_BODY_INVALID', detail);
}

function refused(code: Refusal['code'], detail: string): Inspection {
  return { outcome: 'refused', code, detail };
}

class JsonBody implements BodyFields {
  readonly format = 'json';
  readonly #fields: JsonFields;

  constructor(fields: JsonFields) {
    this.#fields = fields;
  }

  text(pointer: string, within?: string): string | undefined {
    return within === undefined ? this.#fields.text(pointer) : undefined;
  }

  kind(pointer: string, within?: string): JsonKind | undefined {
    return within === undefined ? this.#fields.kind(pointer) : undefined;
  }

  form(): undefined {
    return undefined;
  }
}

class FormBody implements BodyFields {
  readonly format = 'form';
  readonly #values: ReadonlyMap<string, Buffer>;
  readonly #json: ReadonlyMap<string, JsonFields>;

  constructor(values: ReadonlyMap<string, Buffer>, json: ReadonlyMap<string, JsonFields>) {
    this.#values = values;
    this.#json = json;
  }

  text(pointer: string, within?: string): string | undefined {
    return within === undefined ? undefined : this.#json.get(within)?.text(pointer);
  }

  kind(pointer: string, within?: string): JsonKind | undefined {
    return within === undefined ? undefined : this.#json.get(within)?.kind(pointer);
  }

  form(name: string): string | undefined {
    return this.#values.get(name)?.toString('utf8');
  }
}
