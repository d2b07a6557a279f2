import { join } from 'node:path';

/** new: the delivery waits for its gateway. dead: it waits for the operator. */
export type Place = 'new' | 'dead';

/** Digits in base 36, enough for every microsecond until the year 5138. */
const ID_LENGTH = 11;
const ID = /^[0-9a-z]{11}$/;
const END_RECORD = '.end';

/** The paths in the spool's folder. */
export class Layout {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  folder(name: Place | 'tmp' | 'corrupt'): string {
    return join(this.root, name);
  }

  file(name: Place | 'tmp' | 'corrupt', file: string): string {
    return join(this.root, name, file);
  }

  endRecord(name: 'dead' | 'tmp', id: string): string {
    return join(this.root, name, endRecordName(id));
  }
}

/** The name of the file beside a dead letter that says how it ended. */
export function endRecordName(id: string): string {
  return id + END_RECORD;
}

/** Ids sort like their numbers. */
export function idOf(number: number): string {
  return number.toString(36).padStart(ID_LENGTH, '0');
}

export function numberOf(id: string): number {
  return Number.parseInt(id, 36);
}

export function isId(file: string): boolean {
  // A word of eleven letters is none: the ids after its number could not be told apart.
  return ID.test(file) && Number.isSafeInteger(numberOf(file));
}

/** The id of the dead letter that an end record belongs to; undefined if the file is no end record. */
export function idOfEndRecord(file: string): string | undefined {
  return file.endsWith(END_RECORD) ? file.slice(0, -END_RECORD.length) : undefined;
}
