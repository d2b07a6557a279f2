import { variableIn } from './environ-entry.ts';

/**
 * The variable in a gateway's environment by which its processes are recognized: `RUN/PROFILE/GENERATION/PROOF`.
 *
 * The run is no secret: whatever bears a mark of a run ends with it, forged or not. The proof is: only the processes of
 * that generation, and whoever may read their environments (their user and root), can present it.
 */
export const MARK = 'GWPROXY_GATEWAY';

/** The mark of a guard, which is part of no gateway. */
export const GUARD_MARK = 'guard';

/** The run with which a mark begins: 16 hexadecimal digits. */
const RUN = /^[0-9a-f]{16}\//;

/** A profile's name, as the config's schema has it: a forged mark may hold anything. */
const PROFILE = /^[0-9a-z-]{1,63}$/;

/** The mark in an environment of /proc/PID/environ, whose entries each end with a NUL; null if it has none. */
export function markIn(environ: Buffer): string | null {
  return variableIn(environ, MARK);
}

/** The prefix of all marks of one run. */
export function markPrefix(run: string): string {
  return `${run}/`;
}

/** The mark of one generation of a gateway. */
export function markOf(run: string, profile: string, generation: number, proof: string): string {
  return `${markPrefix(run)}${profile}/${generation}/${proof}`;
}

/** The profile that a mark names, truly or not; null if that is no profile's name. */
export function profileIn(mark: string): string | null {
  const name = mark.split('/')[1] ?? '';
  return PROFILE.test(name) ? name : null;
}

/** The generation that a mark names, truly or not; null if it names none. */
export function generationIn(mark: string): number | null {
  const text = mark.split('/')[2] ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/**
 * Whether a mark says that its process is no part of the gateway with the mark `own`: it is a guard's, or that of a
 * gateway that another gwproxy runs (one within that gateway). A forged mark of the same run says nothing.
 */
export function isOfAnotherRun(mark: string | null, own: string): boolean {
  if (mark === null) return false;
  if (mark === GUARD_MARK) return true;
  const run = RUN.exec(mark)?.[0];
  return run !== undefined && !own.startsWith(run);
}
