/** The code that the system, Node or undici gave an error (`ENOENT`, `UND_ERR_SOCKET`); undefined if it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** True if the error has one of these codes. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  const code = errorCode(error);
  return code !== undefined && codes.includes(code);
}

/** The message of a thrown value; anything but an Error is converted to text. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The message of a file-system error without the call and path that Node appends: `ENOSPC: no space left on device`. */
export function systemMessage(error: unknown): string {
  return errorMessage(error).replace(/, \w+( '.*)?$/, '');
}
