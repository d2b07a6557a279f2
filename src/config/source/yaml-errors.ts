import { type Document, isScalar, visit, type YAMLError } from 'yaml';
import { mayHoldSecret } from '../mask.ts';

/** A mistake in YAML. The message is for the file's author; `offset` counts UTF-16 units from the start of the text. */
export interface YamlMistake {
  readonly offset: number;
  readonly message: string;
}

/** The most characters of the user's text that a message quotes. */
const SHOWN = 60;

/** Explains an error of the YAML parser: where the mistake is and what to type instead. Pure. */
export function explainYamlError(error: YAMLError, text: string, document: Document): YamlMistake {
  const [at] = error.pos;
  return (
    unquotedReference(text, at) ??
    unquotedStar(text, at) ??
    byCode(error, text, document) ?? { offset: at, message: inOurWords(error) }
  );
}

/** `a colon is missing after 'command'`, for a text that was meant as the first line of a map; null if it was not. */
export function missingColon(line: string): string | null {
  const [, name, rest = ''] = /^["']?([A-Za-z_][\w.-]*)["']?(.*)$/s.exec(line) ?? [];
  if (name === undefined) return null;
  if (/^:\S/.test(rest)) return `a space is missing after '${name}:'`;
  if (/^\s*=/.test(rest)) return `write '${name}:' with a colon instead of '='`;
  return /^(?:\s|$)/.test(rest) ? `a colon is missing after '${name}'` : null;
}

/** A `${NAME}` without quotes in `{ }` or `[ ]`: YAML reads its brace as the start of a map. */
function unquotedReference(text: string, at: number): YamlMistake | null {
  if (text[at] !== '{' || text[at - 1] !== '$') return null;
  const line = text.slice(0, at);
  const start =
    Math.max(...['\n', ',', '[', '{', ': '].map((mark) => line.lastIndexOf(mark) + mark.length - 1)) + 1;
  const offset = start + (/^\s*/.exec(text.slice(start))?.[0].length ?? 0);
  const [value = ''] = /^(?:\$\{[^}\n]*\}?|[^,\]}\n])*/.exec(text.slice(offset)) ?? [];
  return {
    offset,
    message: `put quotes around a \${NAME} inside { } or [ ]${rewritten(text, offset, `"${shorten(value.trim())}"`)}`,
  };
}

/** A value that begins with `*`, such as a cron pattern: YAML reads the star as the start of an alias. */
function unquotedStar(text: string, at: number): YamlMistake | null {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const line = text.slice(start, lineEnd(text, at));
  const [before = '', value = ''] = /(?:^|[-:,[{])\s*(?=(\*(?:[^,\]}]|,(?=\S))*))/.exec(line) ?? [];
  const offset = start + line.indexOf(before + value) + before.length;
  if (value === '' || offset > at) return null;
  return {
    offset,
    message: `a text that begins with '*' needs quotes${rewritten(text, offset, `"${shorten(value.trim())}"`)}`,
  };
}

function byCode(
  { code, message, pos: [at] }: YAMLError,
  text: string,
  document: Document,
): YamlMistake | null {
  const rest = text.slice(at, lineEnd(text, at));
  const here = (advice: string): YamlMistake => ({ offset: at, message: advice });
  switch (code) {
    case 'MULTILINE_IMPLICIT_KEY':
      return here(colonAdvice(text, at, rest));
    case 'BLOCK_AS_IMPLICIT_KEY':
      return nestedMap(text, at, rest);
    case 'BAD_SCALAR_START':
      return here(
        `a text that begins with '${rest.charAt(0)}' needs quotes${rewritten(text, at, `"${shorten(rest.trim())}"`)}`,
      );
    case 'TAB_AS_INDENT':
      return here('this line is indented with a tab; use spaces');
    case 'BAD_DQ_ESCAPE':
      return here("between double quotes a backslash begins an escape: write '\\\\', or use single quotes");
    case 'MULTIPLE_DOCS':
      return here("a config is one YAML document; remove this '---' and what follows it, or the '---' alone");
    case 'BLOCK_IN_FLOW':
      return here("a comma is missing between two entries here, or quotes around a text that holds ': '");
    case 'BAD_INDENT':
      return /must be sufficiently indented/.test(message) ? unclosedBracket(text, at) : misaligned(text, at);
    case 'MISSING_CHAR':
      if (message.startsWith('Missing closing')) return unclosedQuote(document, at);
      if (message.startsWith('Missing ,')) return here('a comma is missing before this');
      return here(colonAdvice(text, at, rest));
    case 'UNEXPECTED_TOKEN':
      return unexpected(message, rest, at);
    default:
      return null;
  }
}

/** `: write "x"`, or nothing in a line that may hold a secret: messages are logged. */
function rewritten(text: string, at: number, correct: string): string {
  return mayHoldSecret(text, at) ? '' : `: write ${correct}`;
}

function colonAdvice(text: string, at: number, rest: string): string {
  const advice = mayHoldSecret(text, at) ? null : missingColon(rest.trim());
  return advice ?? 'a colon is missing in this line';
}

function nestedMap(text: string, at: number, rest: string): YamlMistake {
  if (/^[ \t]*- /.test(rest)) {
    return {
      offset: nextText(text, at),
      message: 'a list item is where a key belongs; indent the list below its key',
    };
  }
  if (/:(?:\s|$)/.test(rest)) {
    const advice = rewritten(text, at, `'${shorten(rest.trim())}'`);
    return { offset: at, message: `a text that holds ': ' needs quotes${advice}` };
  }
  const offset = nextText(text, lineEnd(text, at));
  return {
    offset,
    message: 'this line is indented too far, since the key above it already has a value; indent it less',
  };
}

function misaligned(text: string, at: number): YamlMistake {
  const offset = nextText(text, at);
  return {
    offset,
    message: 'the indentation of this line matches none above it; indent it like the keys of its map',
  };
}

/** Finds the bracket itself; the parser reports the error lines later. */
function unclosedBracket(text: string, at: number): YamlMistake | null {
  let closed = 0;
  for (let offset = at - 1; offset >= 0; offset -= 1) {
    const character = text.charAt(offset);
    if (character === ']' || character === '}') closed += 1;
    if (character !== '[' && character !== '{') continue;
    closed -= 1;
    if (closed < 0)
      return {
        offset,
        message: `this '${character}' is never closed; write the '${character === '[' ? ']' : '}'}'`,
      };
  }
  return null;
}

function unclosedQuote(document: Document, at: number): YamlMistake {
  let offset = at;
  visit(document, {
    Scalar(_key, node) {
      const isQuoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE');
      if (isQuoted && node.range?.[1] === at) offset = node.range[0];
    },
  });
  return { offset, message: 'this quote is never closed; write the closing one' };
}

function unexpected(message: string, rest: string, at: number): YamlMistake | null {
  const [closes] = /^[\]}]/.exec(rest) ?? [];
  if (closes !== undefined) return { offset: at, message: `this '${closes}' closes nothing; remove it` };
  if (message === 'Unexpected scalar at node end') {
    return { offset: at, message: 'text follows a closing quote; put all of it in quotes' };
  }
  if (message === 'Unexpected scalar token') return { offset: at, message: 'a comma is missing before this' };
  return null;
}

function inOurWords({ message }: YAMLError): string {
  return `this is not YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`;
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

/** The offset of the next character that is not white space. */
function nextText(text: string, from: number): number {
  return from + (/^\s*/.exec(text.slice(from))?.[0].length ?? 0);
}

function shorten(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
