import { compileBodyReads, inspect } from '../../routing/body/inspect.ts';
import type { BodyFields, EachFields } from '../../routing/body/reads.ts';
import type { Platform, RequestHead } from '../../routing/platform.ts';
import type { Attributes } from '../../routing/route.ts';
import { fieldName } from '../output/route-text.ts';
import type { SimulatedRequest } from './described-request.ts';

/** One attribute of a request, and the place where it was found. Secrets are not hidden yet. */
export interface FoundField {
  readonly field: string;
  readonly value: string;
  readonly place: string;
}

/** The sender of a request and the bots that it names, whether a route claims them or not. */
export interface SenderReading {
  readonly platform: Platform;
  readonly deliveries: readonly Attributes[];
  /** The attributes of the first delivery. */
  readonly found: readonly FoundField[];
}

/** Undefined if no platform recognises the request. */
export function detectSender(
  request: SimulatedRequest,
  among: readonly Platform[],
): SenderReading | undefined {
  const { head, type, body } = request;
  const inspection = inspect(type, body, compileBodyReads(among));
  const fields = inspection.outcome === 'fields' ? inspection.fields : null;
  const platform =
    among.find((one) => one.recognises(head) === true) ??
    (fields === null ? undefined : among.find((one) => one.recognises(head, fields) === true));
  return platform === undefined ? undefined : readSender(platform, head, fields);
}

function readSender(platform: Platform, head: RequestHead, fields: BodyFields | null): SenderReading {
  const seen: FieldAccess[] = [];
  const named = platform.deliveries(recordingHead(head, seen), fields && recordingBody(fields, seen));
  const deliveries = 'ambiguous' in named ? [] : named;
  const [first] = deliveries;
  const found = Object.entries(first?.fields ?? {}).map(
    ([field, value]): FoundField => ({ field, value, place: placeOf(platform, head, seen, field, value) }),
  );
  return { platform, deliveries, found };
}

interface FieldAccess {
  readonly place: string;
  readonly value: string;
}

/** A platform does not say where it found a value, so the place is the recorded access with that value. */
function placeOf(
  platform: Platform,
  head: RequestHead,
  seen: readonly FieldAccess[],
  field: string,
  value: string,
): string {
  if (platform.name === 'custom') return fieldName(field);
  const whole = seen.find((one) => platform.normalise(field, one.value) === value);
  const part = seen.find((one) => one.value.toLowerCase().includes(value.toLowerCase()));
  if (whole !== undefined) return whole.place;
  if (part !== undefined) return part.place;
  if (seen.some(({ place }) => place === AUTHORIZATION)) return `the token in ${AUTHORIZATION}`;
  return head.query === '' ? 'the request' : 'the query';
}

const AUTHORIZATION = 'header authorization';

function recordingHead(head: RequestHead, seen: FieldAccess[]): RequestHead {
  return {
    method: head.method,
    path: head.path,
    query: head.query,
    host: head.host,
    header: (name) => recordAccess(seen, `header ${name}`, head.header(name)),
  };
}

function recordingBody(fields: BodyFields, seen: FieldAccess[]): BodyFields {
  const at = (pointer: string, within?: string) =>
    within === undefined ? `json ${pointer}` : `json ${pointer} in the form field ${within}`;
  return {
    format: fields.format,
    text: (pointer, within) => recordAccess(seen, at(pointer, within), fields.text(pointer, within)),
    kind: (pointer, within) => fields.kind(pointer, within),
    number: (pointer, within) => recordAccess(seen, at(pointer, within), fields.number(pointer, within)),
    form: (name) => recordAccess(seen, `form field ${name}`, fields.form(name)),
    element: (name) => recordAccess(seen, `XML element ${name}`, fields.element(name)),
    each: (pointer) => recordingEach(fields.each(pointer), pointer, seen),
  };
}

function recordingEach(
  elements: readonly EachFields[],
  pointer: string,
  seen: FieldAccess[],
): readonly EachFields[] {
  return elements.map((element, index) => {
    const base = `${pointer}/${index}`;
    return {
      text: (inner) => recordAccess(seen, `json ${base}${inner}`, element.text(inner)),
      kind: (inner) => element.kind(inner),
      number: (inner) => recordAccess(seen, `json ${base}${inner}`, element.number(inner)),
      each: (inner) => recordingEach(element.each(inner), base + inner, seen),
    };
  });
}

function recordAccess(seen: FieldAccess[], place: string, value: string | undefined): string | undefined {
  if (value !== undefined) seen.push({ place, value });
  return value;
}
