import type { Event } from '../../events.ts';
import type { Attributes } from '../../routing/route.ts';
import { isPlainObject } from '../../util/plain-object.ts';

/** The types of events' fields; with `?`, a field may be null. */
interface FieldTypes {
  text: string;
  number: number;
  flag: boolean;
  'text?': string | null;
  'number?': number | null;
  texts: readonly string[];
  attributes: Attributes;
  'many attributes': readonly Attributes[];
}

type FieldType = keyof FieldTypes;
type FieldTypeOf<Value> = {
  [Name in FieldType]: [Value, FieldTypes[Name]] extends [FieldTypes[Name], Value] ? Name : never;
}[FieldType];
/** A field with a fixed set of words is checked as any text, since another version may have more words. */
type Widened<Value> = [Value] extends [string] ? string : Value;
type Fields<One> = { readonly [Field in Exclude<keyof One, 'type'>]: FieldTypeOf<Widened<One[Field]>> };

/** The fields of every event. The compiler checks that none is missing and that each has its type. */
const FIELDS: { readonly [Type in Event['type']]: Fields<Extract<Event, { readonly type: Type }>> } = {
  'door.listening': { host: 'text', port: 'number', publicUrl: 'text?' },
  'door.closed': {},
  'door.refused': {
    code: 'text',
    detail: 'text',
    requestId: 'text',
    method: 'text',
    path: 'text',
    profile: 'text?',
    cause: 'text?',
  },
  'door.suppressed': { code: 'text', count: 'number' },
  'door.unmatched': { attributes: 'attributes', path: 'text' },
  'door.mixed-batch': {
    requestId: 'text',
    path: 'text',
    lacking: 'texts',
    attributes: 'many attributes',
    more: 'number',
  },
  'gateway.state': {
    profile: 'text',
    state: 'text',
    generation: 'number',
    pid: 'number?',
    unfit: 'flag',
    reason: 'text?',
    nextStartAt: 'number?',
  },
  'listener.ready': { profile: 'text', listener: 'text', port: 'number' },
  'listener.lost': { profile: 'text', listener: 'text', reason: 'text' },
  'gateway.exit': { profile: 'text', generation: 'number', code: 'number?', signal: 'text?', asked: 'flag' },
  'gateway.output': { profile: 'text', stream: 'text', line: 'text' },
  'output.dropped': { profile: 'text', lines: 'number', reason: 'text' },
  'gateway.memory': { profile: 'text', bytes: 'number', limit: 'number' },
  'listener.unknown-owner': {
    profile: 'text',
    listener: 'text',
    port: 'number',
    blocked: 'flag',
    reason: 'text',
  },
  'schedule.skipped': {
    profile: 'text',
    action: 'text',
    moment: 'number',
    timezone: 'text?',
    reason: 'text',
  },
  'control.restored': { path: 'text' },
  'control.lost': { path: 'text', reason: 'text' },
  'run.swept': { profiles: 'texts', processes: 'number' },
  'run.leftover': { profiles: 'texts', processes: 'number', survivors: 'number', port: 'number?' },
  'run.unguarded': { reason: 'text' },
  'run.record': { file: 'text', reason: 'text' },
  'log.failed': { file: 'text', reason: 'text' },
  'log.resumed': { file: 'text', lines: 'number' },
  'log.unrotated': { file: 'text', reason: 'text' },
  'spool.lost': { profile: 'text', id: 'text', platform: 'text', reason: 'text', lastStatus: 'text?' },
  'spool.dead': {
    profile: 'text',
    id: 'text',
    platform: 'text',
    reason: 'text',
    tries: 'number',
    lastStatus: 'text?',
  },
  'spool.corrupt': { file: 'text', reason: 'text' },
  'spool.unreadable': { count: 'number', newer: 'number', file: 'text', reason: 'text' },
  'spool.full': { profile: 'text', refused: 'number' },
  'spool.failed': { profile: 'text', action: 'text', reason: 'text', count: 'number' },
  'spool.unusable': { reason: 'text' },
  'spool.drained': { profile: 'text', delivered: 'number' },
  'config.applied': { changes: 'texts' },
  'config.pending': { changes: 'texts' },
  'config.invalid': { problems: 'texts' },
  'config.unwatched': { reason: 'text' },
  'app.stopping': { signal: 'text?', atOnce: 'flag', within: 'number' },
  'app.stopped': {},
};

const IS_TYPE: { readonly [Name in FieldType]: (value: unknown) => boolean } = {
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  flag: (value) => typeof value === 'boolean',
  'text?': (value) => value === null || typeof value === 'string',
  'number?': (value) => value === null || typeof value === 'number',
  texts: (value) => Array.isArray(value) && value.every(IS_TYPE.text),
  attributes: (value) =>
    isPlainObject(value) && typeof value.platform === 'string' && isPlainObject(value.fields),
  'many attributes': (value) => Array.isArray(value) && value.every(IS_TYPE.attributes),
};

/** A line of gwproxy's own log. */
export interface OwnLogLine {
  /** Epoch ms. */
  readonly at: number;
  /** Null if the line is of another version; `message` says what happened then. */
  readonly event: Event | null;
  readonly message: string;
}

/** Null for a line that gwproxy did not write, or wrote only in part. */
export function readOwnLogLine(line: string): OwnLogLine | null {
  const value = parse(line);
  if (!isPlainObject(value) || typeof value.time !== 'number') return null;
  return { at: value.time, event: isEvent(value) ? value : null, message: String(value.msg ?? line) };
}

function isEvent(value: object): value is Event {
  if (!('type' in value) || !isKnown(value.type)) return false;
  const fields = new Map(Object.entries(value));
  return Object.entries<FieldType>(FIELDS[value.type]).every(([name, kind]) =>
    IS_TYPE[kind](fields.get(name)),
  );
}

function isKnown(type: unknown): type is Event['type'] {
  return typeof type === 'string' && Object.hasOwn(FIELDS, type);
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
