export type Words =
  | { readonly ok: true; readonly words: readonly string[] }
  | { readonly ok: false; readonly reason: string };

const BLANK = /\s/;
const OPERATOR = /^(?:[|&;]{1,2}|\d*(?:>{1,2}|<)(?:&\d*)?)$/;
/** In double quotes a backslash escapes only these (POSIX.1-2024 XCU 2.2.3). */
const ESCAPED_IN_DOUBLE = new Set(['$', '`', '"', '\\', '\n']);

/**
 * Splits a command into words by the quoting rules of POSIX.1-2024 XCU 2.2. A `${…}` stays in one word with the blanks and
 * quotes in it, since it is interpolated later and its value is not split. `\$` becomes `$$`, which interpolation turns
 * into `$`. An unquoted shell operator is an error, since no shell runs the command.
 */
export function splitWords(text: string): Words {
  const words: string[] = [];
  let at = 0;
  while (at < text.length) {
    if (BLANK.test(text.charAt(at))) {
      at += 1;
      continue;
    }
    const word = readWord(text, at);
    if (typeof word === 'string') return { ok: false, reason: word };
    if (word.text !== null) words.push(word.text);
    at = word.end;
  }
  return { ok: true, words };
}

interface Piece {
  /** Null for a line continuation, which alone makes no word. */
  readonly text: string | null;
  readonly end: number;
}

function readWord(text: string, start: number): Piece | string {
  let word: string | null = null;
  let at = start;
  while (at < text.length && !BLANK.test(text.charAt(at))) {
    const piece = readPiece(text, at);
    if (typeof piece === 'string') return piece;
    if (piece.text !== null) word = (word ?? '') + piece.text;
    at = piece.end;
  }
  if (OPERATOR.test(text.slice(start, at))) {
    return `'${text.slice(start, at)}' needs a shell, and commands run without one; write [sh, -c, '…'] or quote it`;
  }
  return { text: word, end: at };
}

function readPiece(text: string, at: number): Piece | string {
  const reference = referenceAt(text, at);
  if (reference !== null) return { text: reference, end: at + reference.length };
  const character = text.charAt(at);
  if (character === "'") {
    const close = text.indexOf("'", at + 1);
    if (close === -1) return 'a single quote is never closed; write the closing one';
    return { text: text.slice(at + 1, close), end: close + 1 };
  }
  if (character === '"') return readDouble(text, at + 1);
  if (character === '\\') return readEscape(text, at);
  return { text: character, end: at + 1 };
}

function readEscape(text: string, at: number): Piece | string {
  if (at + 1 === text.length) return 'a backslash at the end escapes nothing; remove it';
  const next = text.charAt(at + 1);
  return { text: next === '\n' ? null : literal(next), end: at + 2 };
}

function readDouble(text: string, start: number): Piece | string {
  let inside = '';
  let at = start;
  while (at < text.length) {
    const reference = referenceAt(text, at);
    const character = text.charAt(at);
    if (reference !== null) {
      inside += reference;
      at += reference.length;
    } else if (character === '"') {
      return { text: inside, end: at + 1 };
    } else if (character === '\\' && ESCAPED_IN_DOUBLE.has(text.charAt(at + 1))) {
      inside += text.charAt(at + 1) === '\n' ? '' : literal(text.charAt(at + 1));
      at += 2;
    } else {
      inside += character;
      at += 1;
    }
  }
  return 'a double quote is never closed; write the closing one';
}

function literal(character: string): string {
  return character === '$' ? '$$' : character;
}

/** The reference at that offset as interpolation reads it: `$$`, or `${…}` with its brace. Null if there is none. */
function referenceAt(text: string, at: number): string | null {
  if (text.startsWith('$$', at)) return '$$';
  if (!text.startsWith('${', at)) return null;
  const close = text.indexOf('}', at);
  return close === -1 ? null : text.slice(at, close + 1);
}
