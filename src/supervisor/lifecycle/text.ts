/** How a process ended, for the operator, with the line of its stderr that says why, if there is one. */
export function exitReason(code: number | null, signal: string | null, errorLine: string | null): string {
  const how = signal === null ? `exited with code ${code}` : `ended by ${signal}`;
  return errorLine === null ? how : `${how}: ${errorLine}`;
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
