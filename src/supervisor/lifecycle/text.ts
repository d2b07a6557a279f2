import type { LastWords } from '../last-words/last-words.ts';

/** Signals that a process mostly sends to itself: a crash of its code, or of its runtime without memory. */
const CRASHES: ReadonlySet<string> = new Set([
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGILL',
  'SIGSEGV',
  'SIGSYS',
  'SIGTRAP',
]);

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly lastWords: LastWords;
}

/**
 * How a process ended, for the operator, and what it wrote last where that says why. `served`: it
 * had been ready, or it is a job that has succeeded. Otherwise even the last line of stdout may say why it did not start; later, that is any line of a log.
 */
export function exitReason({ code, signal, lastWords }: Exit, served: boolean): string {
  const how = endText(code, signal);
  if (signal !== null) {
    const words = CRASHES.has(signal) && lastWords.kind === 'error' ? `: ${lastWords.line}` : '';
    return `${how}${words}`;
  }
  if (served && code === 0) return how;
  switch (lastWords.kind) {
    case 'error':
      return `${how}: ${lastWords.line}`;
    case 'line':
      return served && lastWords.stream === 'stdout' ? how : `${how}: ${lastWords.line}`;
    case 'silence':
      return `${how}; it wrote no output`;
    case 'unknown':
      return how;
  }
}

/** How a process ended, for the operator. */
export function endText(code: number | null, signal: string | null): string {
  return signal === null ? `exited with code ${code}` : `ended by ${signal}`;
}

/** Why a gateway that was not ready in time was ended, with what it had written last. */
export function lateReason(late: string, lastWords: LastWords): string {
  switch (lastWords.kind) {
    case 'error':
      return `${late}; it wrote: ${lastWords.line}`;
    case 'line':
      return `${late}; its last line: ${lastWords.line}`;
    case 'silence':
      return `${late}; it wrote no output`;
    case 'unknown':
      return late;
  }
}

/** How a process ended whose exit code asks for a restart, and which of how many such restarts in a row follows. */
export function requestedText(
  reason: string,
  { request, most }: { readonly request: number; readonly most: number },
): string {
  return `${reason}; this code asks for a restart (${request} of at most ${most})`;
}

/** Why a profile's gateway failed, and what the operator can do; a job is run again by its schedule. */
export function failedText(profile: string, reason: string | null, isJob: boolean): string {
  const advice = isJob
    ? `its next run is by its schedule, or now with \`gwproxy start ${profile}\``
    : `\`gwproxy start ${profile}\` tries again`;
  return reason === null ? advice : `${reason}; ${advice}`;
}
