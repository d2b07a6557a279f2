import type { Seal } from '../seal.ts';

/** A segment of at most so many characters is shown, since nobody's token is that short. */
const SHORT = 8;
const LONGEST_NAME = 64;
/** What stands between two blanks, dots or dashes of a name: a word, a short number, or a word with a number (`v1`). */
const NAME_PART = /^(?:\p{L}{0,16}\p{N}{0,4}|\p{N}{1,6})$/u;

/**
 * The path of a request as logs and lists show it, in at most `limit` characters: without a query, which may hold anything,
 * and with a seal in place of each segment that is not made of words and short numbers. Many bots have their token, or a
 * secret of their own, in the path of their webhook (`/telegram/<token>`). Equal segments have equal seals, so that an
 * operator can tell requests apart. A secret that is a word, or shorter than SHORT, cannot be told from a name. `target` is
 * the request-target as received, which may be no path at all.
 */
export function shownPath(target: string, seal: Seal, limit: number): string {
  const [path = ''] = withoutAuthority(target).split(/[?#]/, 1);
  const segments = path.split('/');
  let shown = '';
  for (const [index, segment] of segments.entries()) {
    shown += (index === 0 ? '' : '/') + (isName(segment) ? segment : seal(segment));
    // Before the limit is applied to what is left, so that no part of a secret remains and the work is bounded.
    if (shown.length >= limit) break;
  }
  return shown.slice(0, limit);
}

/** Leaves out the scheme and authority of an absolute-form, and user and password of CONNECT's target. */
function withoutAuthority(target: string): string {
  if (target.startsWith('/')) return target;
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  return path.startsWith('/') ? path : path.replace(/^[^/?#]*@/, '');
}

function isName(segment: string): boolean {
  if (segment.length <= SHORT) return true;
  if (segment.length > 3 * LONGEST_NAME) return false;
  const text = unescaped(segment);
  return text.length <= LONGEST_NAME && text.split(/[^\p{L}\p{N}]+/u).every((part) => NAME_PART.test(part));
}

/** As a lenient server reads percent-encodings: what is none stays as it is. */
function unescaped(segment: string): string {
  const bytes = segment.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
