/** The variable in every gateway's environment that tells its processes from all others. */
export const MARK = 'GWPROXY_GATEWAY';

const ENTRY = `${MARK}=`;

/** The mark in an environment as /proc/PID/environ has it: entries that each end with a NUL. Null: it has none. */
export function markIn(environ: Buffer): string | null {
  for (let at = environ.indexOf(ENTRY); at !== -1; at = environ.indexOf(ENTRY, at + 1)) {
    // Only a whole entry: another variable's value may well hold these words.
    if (at > 0 && environ[at - 1] !== 0) continue;
    const end = environ.indexOf(0, at);
    return environ.toString('utf8', at + ENTRY.length, end === -1 ? environ.length : end);
  }
  return null;
}

/** What the marks of all gateways of one run begin with. */
export function markPrefix(run: string): string {
  return `${run}/`;
}

/** The mark of one life of a gateway. */
export function markOf(run: string, profile: string, generation: number): string {
  return `${markPrefix(run)}${profile}/${generation}`;
}

/** The profile that a mark of a run names. */
export function profileIn(mark: string): string {
  return mark.split('/')[1] ?? '';
}
