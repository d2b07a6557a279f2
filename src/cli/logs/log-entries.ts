import { readLogLine } from '../../logs/log-line.ts';
import { describeEvent } from '../output/event-text.ts';
import type { LineMark } from '../output/labelled-lines.ts';
import { readOwnLogLine } from './own-log-line.ts';

/** A stored line, as `gwproxy logs` shows it. */
export interface LogEntry {
  readonly name: string;
  /** Epoch ms. */
  readonly at: number;
  readonly mark: LineMark;
  readonly text: string;
  readonly red: boolean;
}

/** A line of a profile's file. One that gwproxy did not write has no time, and gets that of the line before it. */
export function outputEntry(name: string, line: string, before: number): LogEntry {
  const read = readLogLine(line);
  if (read === null) return { name, at: before, mark: '|', text: line, red: false };
  const { at, mark, text } = read;
  if (mark === '---') return { name, at, mark: '!', text, red: true };
  return { name, at, mark: '|', text, red: mark === 'err' };
}

/** A line of gwproxy's own log, in the words that `up` prints on a terminal; null for an event that is not shown. */
export function ownEntry(name: string, line: string, before: number): LogEntry | null {
  const read = readOwnLogLine(line);
  if (read === null) return { name, at: before, mark: '|', text: line, red: false };
  const { at, event, message } = read;
  if (event === null || event.type === 'gateway.output')
    return { name, at, mark: '>', text: message, red: false };
  const described = describeEvent(event, at);
  if (described === undefined) return null;
  return {
    name: described.name,
    at,
    mark: described.bad ? '!' : '>',
    text: described.text,
    red: described.bad,
  };
}

/** Merges the lines of several files by time; each file's own order is kept. */
export function mergeByTime(entries: readonly (readonly LogEntry[])[]): readonly LogEntry[] {
  return entries.flat().sort((a, b) => a.at - b.at);
}
