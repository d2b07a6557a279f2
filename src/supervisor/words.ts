/** A duration in ms as the config writes it: 500ms, 10s, 5m. */
export function duration(ms: number): string {
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000}m`;
  if (ms >= 1000 && ms % 1000 === 0) return `${ms / 1000}s`;
  return `${ms}ms`;
}

/** Bytes as an operator reads them. */
export function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}

/** How a process ended, as an operator reads it. */
export function exitReason(code: number | null, signal: string | null): string {
  return signal === null ? `exited with code ${code}` : `ended by ${signal}`;
}

/** Why a profile's gateway was given up, and what the operator can do. */
export function failedText(profile: string, reason: string | null): string {
  const advice = `\`gwproxy start ${profile}\` tries again`;
  return reason === null ? advice : `${reason}; ${advice}`;
}

/** The system's code of an error ('EADDRINUSE', …); null where it has none. */
export function systemCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}
