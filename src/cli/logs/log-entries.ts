import { readLogLine } from '../../logs/log-line.ts';
import { describe } from '../output/describe.ts';
import type { LineMark } from '../output/name-lines.ts';
import { readOwnLine } from './own-line.ts';

/** A stored line, as it is shown. */
export interface Entry {
  readonly name: string;
  /** Epoch ms. */
  readonly at: number;
  readonly mark: LineMark;
  readonly text: string;
  readonly red: boolean;
}

/** Of a profile's file. A line that gwproxy did not write stays where it stands, at `before`. */
export function outputEntry(name: string, line: string, before: number): Entry {
  const read = readLogLine(line);
  if (read === null) return { name, at: before, mark: '|', text: line, red: false };
  const { at, mark, text } = read;
  if (mark === '---') return { name, at, mark: '!', text, red: true };
  return { name, at, mark: '|', text, red: mark === 'err' };
}

/** Of gwproxy's own log, told as `up` tells it; null for what nobody needs to read. */
export function ownEntry(name: string, line: string, before: number): Entry | null {
  const read = readOwnLine(line);
  if (read === null) return { name, at: before, mark: '|', text: line, red: false };
  const { at, event, message } = read;
  if (event === null || event.type === 'gateway.output')
    return { name, at, mark: '>', text: message, red: false };
  const told = describe(event, at);
  if (told === undefined) return null;
  return { name: told.name, at, mark: told.bad ? '!' : '>', text: told.text, red: told.bad };
}

/** Each file's lines are in order; together they are ordered by their times. */
export function merged(entries: readonly (readonly Entry[])[]): readonly Entry[] {
  return entries.flat().sort((a, b) => a.at - b.at);
}
