import { counted } from '../../util/counted.ts';

/** error: it will go wrong, or does; warn: it may go wrong, or is probably not meant. */
export type Level = 'ok' | 'warn' | 'error';

/** One element of what `gwproxy doctor --json` prints; users' scripts rely on these names. */
export interface Finding {
  readonly level: Level;
  readonly check: string;
  /** What is, with the profile's name first if it is about one. */
  readonly what: string;
  /** A file and line, or a folder; null if `what` says it all. */
  readonly where: string | null;
  /** What to do; null if nothing has to be done. */
  readonly instead: string | null;
}

/** A finding without the name of the check that made it. */
export type Fault = Omit<Finding, 'level' | 'check'> & { readonly level: 'warn' | 'error' };

export function error(what: string, instead: string, where: string | null = null): Fault {
  return { level: 'error', what, where, instead };
}

export function warn(what: string, instead: string, where: string | null = null): Fault {
  return { level: 'warn', what, where, instead };
}

const RANK: Readonly<Record<Level, number>> = { ok: 0, warn: 1, error: 2 };

/** Errors last, where they stay in view on a terminal. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((a, b) => RANK[a.level] - RANK[b.level]);
}

/** The report for a person: the checks that passed and those that were skipped, each fault on short lines, a count. */
export function findingsText(findings: readonly Finding[], skipped: readonly string[] = []): string {
  const passed = findings.filter(({ level }) => level === 'ok').map(({ check }) => check);
  const faults = sortFindings(findings).filter(({ level }) => level !== 'ok');
  const blocks = faults.map(({ level, what, where, instead }) =>
    [
      `${level === 'error' ? 'ERROR' : 'warn '} ${where === null ? what : `${where}:`}`,
      ...(where === null ? [] : [`      ${what}`]),
      ...(instead === null ? [] : [`   -> ${instead}`]),
    ].join('\n'),
  );
  const head = [
    ...(passed.length > 0 ? [`ok    ${passed.join(', ')}`] : []),
    ...(skipped.length > 0 ? [`skip  ${skipped.join(', ')}`] : []),
  ];
  return [head.join('\n'), ...blocks, countText(faults)].join('\n\n');
}

function countText(faults: readonly Finding[]): string {
  const errors = faults.filter(({ level }) => level === 'error').length;
  const warnings = faults.length - errors;
  if (faults.length === 0) return 'no problems found';
  return [
    ...(errors === 0 ? [] : [counted(errors, 'error')]),
    ...(warnings === 0 ? [] : [counted(warnings, 'warning')]),
  ].join(', ');
}
