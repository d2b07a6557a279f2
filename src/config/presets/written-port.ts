import type { Source } from '../../routing/route.ts';
import { type Problem, problemAt } from '../problems.ts';

/** The port that a text of a gateway's own files names; null if it names none. */
export function portIn(text: string): number | null {
  const value = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  return value >= 1 && value <= 65_535 ? value : null;
}

/** That `what` is no port. What a variable holds may be a secret, and is not shown. */
export function portFault(
  { text, source, hidden }: { readonly text: string; readonly source: Source; readonly hidden: boolean },
  what: string,
): Problem {
  const found = hidden ? '' : `, not '${text.slice(0, 60)}'`;
  return problemAt(source, `${what} must be a port from 1 to 65535${found}`);
}
