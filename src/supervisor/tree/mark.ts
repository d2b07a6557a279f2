/** The variable in a gateway's environment by which its processes are recognized. */
export const MARK = 'GWPROXY_GATEWAY';

const ENTRY = `${MARK}=`;

/** The mark in an environment of /proc/PID/environ, whose entries each end with a NUL; null if it has none. */
export function markIn(environ: Buffer): string | null {
  for (let at = environ.indexOf(ENTRY); at !== -1; at = environ.indexOf(ENTRY, at + 1)) {
    // It must be the beginning of an entry: another variable's value may contain this text.
    if (at > 0 && environ[at - 1] !== 0) continue;
    const end = environ.indexOf(0, at);
    return environ.toString('utf8', at + ENTRY.length, end === -1 ? environ.length : end);
  }
  return null;
}

/** The prefix of all marks of one run. */
export function markPrefix(run: string): string {
  return `${run}/`;
}

/** The mark of one generation of a gateway. */
export function markOf(run: string, profile: string, generation: number): string {
  return `${markPrefix(run)}${profile}/${generation}`;
}

/** The profile that a mark of a run names. */
export function profileIn(mark: string): string {
  return mark.split('/')[1] ?? '';
}
