/**
 * The value of a variable in an environment of /proc/PID/environ, whose entries each end with a NUL; null if it has none.
 * Pure.
 */
export function variableIn(environ: Buffer, name: string): string | null {
  const entry = `${name}=`;
  for (let at = environ.indexOf(entry); at !== -1; at = environ.indexOf(entry, at + 1)) {
    // It must be the beginning of an entry: another variable's value may contain this text.
    if (at > 0 && environ[at - 1] !== 0) continue;
    const end = environ.indexOf(0, at);
    return environ.toString('utf8', at + entry.length, end === -1 ? environ.length : end);
  }
  return null;
}
