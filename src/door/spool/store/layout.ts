import { join } from 'node:path';

/** new: waits for its gateway. dead: waits for the operator. */
export type Place = 'new' | 'dead';

/** So many digits of base 36 hold every microsecond until the year 5138. */
const ID_LENGTH = 11;
const ID = /^[0-9a-z]{11}$/;
const END_RECORD = '.end';

/** Where in the spool's folder a thing lies. */
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

/** The file beside a dead delivery's own. */
export function endRecordName(id: string): string {
  return id + END_RECORD;
}

/** Names sort as their numbers do. */
export function idOf(number: number): string {
  return number.toString(36).padStart(ID_LENGTH, '0');
}

export function numberOf(id: string): number {
  return Number.parseInt(id, 36);
}

export function isId(file: string): boolean {
  return ID.test(file);
}

/** The delivery that an epitaph is of; undefined for a file that is none. */
export function idOfEndRecord(file: string): string | undefined {
  return file.endsWith(END_RECORD) ? file.slice(0, -END_RECORD.length) : undefined;
}
