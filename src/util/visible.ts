// A gateway's output, a request's fields and another program's name hold text of strangers. On a terminal, control
// characters act, bidirectional controls reorder what is read (CVE-2021-42574), and characters without a glyph hide text.

/**
 * What acts or hides: control and format characters, line and paragraph separators, lone surrogates, and what Unicode
 * calls default ignorable (UAX #44). Of the format characters the Arabic, Syriac and Kaithi signs are visible.
 */
const ACTS_OR_HIDES =
  /(?![\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
    .source;

/**
 * What a script or an emoji needs where it stands, and that hides nothing there. What stands beside it must be visible
 * itself, so that escaping is complete after one pass.
 */
const NEEDED = [
  // ZWNJ and ZWJ between letters that are not ASCII (Persian, the scripts of India), and between emoji.
  /(?<=(?![\p{ASCII}\p{Default_Ignorable_Code_Point}])[\p{L}\p{M}])[\u200c\u200d](?=(?![\p{ASCII}\p{Default_Ignorable_Code_Point}])\p{L})/u,
  /(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\p{Emoji}\ufe0f)\u200d(?=\p{Extended_Pictographic})/u,
  // One variation selector behind what has variants (UTS #51, UTS #37, UAX #44).
  /(?<=\p{Emoji})[\ufe0e\ufe0f]/u,
  /(?<=\p{Script=Han})[\u{e0100}-\u{e01ef}\ufe00-\ufe02]/u,
  /(?<=(?!\p{Default_Ignorable_Code_Point})\p{Script=Mongolian})[\u180b-\u180d\u180f]/u,
  // The flags of England, Scotland and Wales: the only sequences of tags that emoji have.
  ...['gbeng', 'gbsct', 'gbwls'].map((region) => new RegExp(`\u{1f3f4}${tagged(region)}\u{e007f}`, 'u')),
].map(({ source }) => source);

const PATTERN = new RegExp(`(${NEEDED.join('|')})|(${ACTS_OR_HIDES})`, 'gu');

/** Colours and movements of a terminal's cursor (ECMA-48, CSI). They hold no text. */
const CSI = new RegExp(`${String.fromCharCode(0x1b)}\\[[0-?]*[ -/]*[@-~]`, 'g');

const ONLY_PRINTABLE_ASCII = /^[ -~]*$/;

/** Replaces each character that acts on a terminal or cannot be seen; the tab stays. Pure. */
export function replaceInvisible(text: string, replacement: (codePoint: number) => string): string {
  if (ONLY_PRINTABLE_ASCII.test(text)) return text;
  return text.replace(PATTERN, (found: string, needed: string | undefined) =>
    needed !== undefined || found === '\t' ? found : replacement(found.codePointAt(0) ?? 0),
  );
}

/**
 * Text of any origin as one line for a terminal: what acts or hides is written as `\u{202e}`, and a terminal's colours
 * and cursor movements are left out. Emoji and all scripts stay readable. Pure.
 */
export function visible(text: string): string {
  if (ONLY_PRINTABLE_ASCII.test(text)) return text;
  return replaceInvisible(text.replace(CSI, ''), (codePoint) => `\\u{${codePoint.toString(16)}}`);
}

/** The same for text of several lines, whose line breaks stay. Pure. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}

/** The same JSON, with what acts or hides as escapes of JSON. Line breaks between values stay. Pure. */
export function visibleJson(json: string): string {
  return json
    .split('\n')
    .map((line) => replaceInvisible(line, jsonEscape))
    .join('\n');
}

function jsonEscape(codePoint: number): string {
  const units = String.fromCodePoint(codePoint);
  return Array.from({ length: units.length }, (_, at) => {
    const unit = units.charCodeAt(at).toString(16).padStart(4, '0');
    return `\\u${unit}`;
  }).join('');
}

function tagged(letters: string): string {
  return [...letters].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('');
}
