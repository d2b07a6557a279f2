/** What the system says, for a person: `ENOSPC: no space left on device`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Behind the comma Node names the call and the path.
  return error.message.replace(/, \w+( '.*)?$/, '');
}
