import { maskSecrets, stars } from './mask.ts';

/** The most characters of a line that are shown before and after the mark. */
const BEFORE = 70;
const AFTER = 40;

/** A longer line is not shown: no one typed it. */
const LONGEST_LINE = 20_000;

/**
 * The line of a config that a problem is about, with a mark below the column:
 *
 *       3 |     command node bot.js
 *         |     ^
 *
 * Columns and lines count from 1. A long line is cut around the mark. What may be a secret is starred out, and with
 * `isSecret` the whole line is. Undefined if the text has no such line, or it is blank or
 * longer than LONGEST_LINE.
 */
export function excerpt(text: string, line: number, column: number, isSecret: boolean): string | undefined {
  const lines = text.replace(/^\uFEFF/, '').split('\n', line);
  const written = lines[line - 1]?.replace(/\r$/, '');
  if (written === undefined || written.trim() === '' || written.length > LONGEST_LINE) return undefined;
  const at = Math.min(column - 1, written.length);
  const masked = isSecret ? stars(written) : maskSecrets([...lines.slice(0, -1), written]);
  const before = [...printable(masked.slice(0, at))];
  const after = [...printable(masked.slice(at))];
  const start = before.length > BEFORE ? ['…', ...before.slice(-BEFORE)] : before;
  const end = after.length > AFTER ? [...after.slice(0, AFTER), '…'] : after;
  const number = String(line).padStart(5);
  const indent = ' '.repeat(start.reduce((columns, character) => columns + columnsOf(character), 0));
  return `${number} | ${start.join('')}${end.join('')}\n${' '.repeat(number.length)} | ${indent}^`;
}

/** The text for a terminal: a tab is one space, as the YAML parser counts it, and any other control character a '?'. */
export function printable(text: string): string {
  return text.replaceAll('\t', ' ').replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
}

/** How many columns of a terminal a character takes. */
function columnsOf(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  return /[\p{Emoji_Presentation}\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303e\uff01-\uff60]/u.test(
    character,
  )
    ? 2
    : 1;
}
