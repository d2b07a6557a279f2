/** The most characters of a line that are shown before and after the mark. */
const BEFORE = 70;
const AFTER = 40;

/** A key that holds a secret, with the value behind it on the same line. */
const SECRET =
  /((?:secret|token|passw|auth|client_state|api_?key)[\w-]*["']?\s*[:=]\s*)(\$\{[^}]*\}|"[^"]*"?|'[^']*'?|\[[^\]]*\]?|[^\s,}\]]+)/gi;

/**
 * The line of a config that a problem is about, with a mark below the column:
 *
 *       3 |     command node bot.js
 *         |     ^
 *
 * Columns and lines count from 1. A long line is cut around the mark. Values that look like secrets are starred out, and
 * with `isSecret` the whole line is. Undefined if the text has no such line or the line is blank.
 */
export function excerpt(text: string, line: number, column: number, isSecret: boolean): string | undefined {
  const written = text.split('\n', line)[line - 1]?.replace(/^\uFEFF|\r$/g, '');
  if (written === undefined || written.trim() === '') return undefined;
  const at = Math.min(column - 1, written.length);
  const masked = isSecret ? stars(written) : written.replace(SECRET, maskValue);
  const before = printable(masked.slice(0, at));
  const after = printable(masked.slice(at));
  const start = before.length > BEFORE ? `…${before.slice(-BEFORE).join('')}` : before.join('');
  const end = after.length > AFTER ? `${after.slice(0, AFTER).join('')}…` : after.join('');
  const number = String(line).padStart(5);
  const indent = ' '.repeat(Math.min(before.length, BEFORE + 1));
  return `${number} | ${start}${end}\n${' '.repeat(number.length)} | ${indent}^`;
}

/** A `${NAME}` is not masked: it says where the secret comes from, not what it is. */
function maskValue(_: string, key: string, value: string): string {
  return key + (/^["']?\$\{[^}:]*\}["']?$/.test(value) ? value : stars(value));
}

function stars(text: string): string {
  return text.replace(/[^\s,"'[\]{}]/g, '*');
}

/** Splits into code points. A tab becomes one blank, as the YAML parser counts it, and control characters become '?'. */
function printable(text: string): readonly string[] {
  return [...text].map((character) =>
    /\p{C}/u.test(character) ? (character === '\t' ? ' ' : '?') : character,
  );
}
