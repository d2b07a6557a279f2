/** The system's code of an error ('EADDRINUSE', …); null where it has none. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** The system's or undici's code of an error. */
export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return 'UNKNOWN';
}

/** What the system says, for a person: `ENOSPC: no space left on device`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Behind the comma Node names the call and the path.
  return error.message.replace(/, \w+( '.*)?$/, '');
}
