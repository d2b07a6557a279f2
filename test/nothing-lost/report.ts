import type { Trial } from './trial.ts';

export interface Column {
  readonly title: string;
  readonly trial: Trial;
}

type Row = readonly [what: string, of: (trial: Trial) => number];

const ROWS: readonly Row[] = [
  ['deliveries', ({ figures }) => figures.deliveries],
  ['requests, with the repeats of senders', ({ figures }) => figures.requests],
  ['deliveries answered 2xx', ({ figures }) => figures.acknowledged],
  ['seen by their bot', ({ figures }) => figures.seen],
  ['in the spool at the end', ({ figures }) => figures.spooled],
  ['  of them given up', ({ dead }) => dead],
  ['LOST: 2xx, neither seen nor in the spool', ({ figures }) => figures.lost.length],
  ['seen by another bot', ({ figures }) => figures.foreign.length],
  ['synchronous, answered with another answer', ({ wrongAnswers }) => wrongAnswers.length],
  ['seen twice', ({ figures }) => figures.seenTwice.all],
  ['  the sender repeated it', ({ figures }) => figures.seenTwice.repeated],
  ['  around a SIGKILL', ({ figures }) => figures.seenTwice.killed],
  ['  neither', ({ figures }) => figures.seenTwice.unexplained.length],
  ['never got there: sent once', ({ figures }) => figures.missed.once],
  ['never got there: sent up to four times', ({ figures }) => figures.missed.repeated],
  ['never got there: synchronous', ({ figures }) => figures.missed.synchronous],
  ['ms from the last answer to an empty spool', ({ drainedAfterMs }) => Math.round(drainedAfterMs)],
];

/** The figures of one or more runs of the same load, side by side. */
export function renderTrials(columns: readonly Column[]): readonly string[] {
  const trials = columns.map(({ trial }) => trial);
  const rows = [
    ...ROWS.map(([what, of]) => [what, ...trials.map((trial) => String(of(trial)))]),
    ...counted(
      'requests: ',
      trials.map(({ figures }) => figures.outcomes),
    ),
    ...counted(
      'done to it: ',
      trials.map(({ blows }) => blows),
    ),
    ...counted(
      'told by it: ',
      trials.map((trial) => trial.counted),
    ),
  ];
  return aligned([['', ...columns.map(({ title }) => title)], ...rows]);
}

function counted(prefix: string, counts: readonly ReadonlyMap<string, number>[]): readonly string[][] {
  const names = new Set(counts.flatMap((count) => [...count.keys()]));
  return [...names].map((name) => [prefix + name, ...counts.map((count) => String(count.get(name) ?? 0))]);
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
}
