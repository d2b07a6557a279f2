/** out and err: the gateway's output; ---: a remark by gwproxy, such as how many lines are missing. */
type LineMark = 'out' | 'err' | '---';

/** A line of a profile's log file. */
export interface LogLine {
  /** Epoch ms. */
  readonly at: number;
  readonly mark: LineMark;
  readonly text: string;
}

const MARKS = { stdout: 'out', stderr: 'err' } as const;

const SHAPE = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) (out|err|---) (.*)$/s;
/** The time in a line of gwproxy's own log, as pino writes it. */
const JSON_TIME = /^\{"level":\d+,"time":(\d+)[,}]/;

/** `2026-01-01T12:00:00.000Z out text` with a line end; the text is not changed. */
export function outputLine(at: number, stream: 'stdout' | 'stderr', text: string): string {
  return `${new Date(at).toISOString()} ${MARKS[stream]} ${text}\n`;
}

export function remarkLine(at: number, text: string): string {
  return `${new Date(at).toISOString()} --- ${text}\n`;
}

/** Null for a line that gwproxy did not write, or wrote only in part. */
export function readLogLine(line: string): LogLine | null {
  const [, stamp, mark, text] = SHAPE.exec(line) ?? [];
  if (stamp === undefined || text === undefined) return null;
  if (mark !== 'out' && mark !== 'err' && mark !== '---') return null;
  const at = Date.parse(stamp);
  return Number.isNaN(at) ? null : { at, mark, text };
}

/** When a line of a log file was written, in epoch ms; its first 64 bytes are enough. Null if it has no time. */
export function timeOfLine(line: string): number | null {
  const json = JSON_TIME.exec(line)?.[1];
  if (json !== undefined) return Number(json);
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /.test(line)
    ? Date.parse(line.slice(0, 24))
    : Number.NaN;
  return Number.isNaN(at) ? null : at;
}
