import { readLogLine } from '../../logs/log-line.ts';
import { describeEvent } from '../output/event-text.ts';
import type { LineMark } from '../output/labelled-lines.ts';
import { readOwnLogLine } from './own-log-line.ts';

/** A stored line, as it is shown. */
export interface LogEntry {
  readonly name: string;
  /** Epoch ms. */
  readonly at: number;
  readonly mark: LineMark;
  readonly text: string;
  readonly red: boolean;
}

/** Of a profile's file. A line that gwproxy did not write stays where it stands, at `before`. */
export function outputEntry(name: string, line: string, before: number): LogEntry {
  const read = readLogLine(line);
  if (read === null) return { name, at: before, mark: '|', text: line, red: false };
  const { at, mark, text } = read;
  if (mark === '---') return { name, at, mark: '!', text, red: true };
  return { name, at, mark: '|', text, red: mark === 'err' };
}

/** Of gwproxy's own log, told as `up` tells it; null for what nobody needs to read. */
export function ownEntry(name: string, line: string, before: number): LogEntry | null {
  const read = readOwnLogLine(line);
  if (read === null) return { name, at: before, mark: '|', text: line, red: false };
  const { at, event, message } = read;
  if (event === null || event.type === 'gateway.output')
    return { name, at, mark: '>', text: message, red: false };
  const told = describeEvent(event, at);
  if (told === undefined) return null;
  return { name: told.name, at, mark: told.bad ? '!' : '>', text: told.text, red: told.bad };
}

/** Each file's lines are in order; together they are ordered by their times. */
export function mergeByTime(entries: readonly (readonly LogEntry[])[]): readonly LogEntry[] {
  return entries.flat().sort((a, b) => a.at - b.at);
}
