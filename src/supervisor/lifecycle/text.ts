/** How a process ended, as an operator reads it. */
export function exitReason(code: number | null, signal: string | null): string {
  return signal === null ? `exited with code ${code}` : `ended by ${signal}`;
}

/** Why a profile's gateway was given up, and what the operator can do. */
export function failedText(profile: string, reason: string | null): string {
  const advice = `\`gwproxy start ${profile}\` tries again`;
  return reason === null ? advice : `${reason}; ${advice}`;
}
