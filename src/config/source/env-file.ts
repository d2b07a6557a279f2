export interface EnvFile {
  readonly values: ReadonlyMap<string, string>;
  /** The line that sets each of them. */
  readonly lines: ReadonlyMap<string, number>;
  readonly faults: readonly EnvFault[];
}

/** Line and column count from 1. The message never quotes the line, which may hold a secret. */
export interface EnvFault {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

const ASSIGNMENT = /^(\s*(?:export\s+)?)([A-Za-z_][A-Za-z0-9_.-]*)[^\S\n]*=[^\S\n]*/;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['"', '"'],
  ['\\', '\\'],
  ['$', '$'],
]);

/**
 * Reads dotenv text: `KEY=value`, `export KEY=value`, `#` comments, single quotes and backticks (their text is literal)
 * and double quotes (with `\n`, `\r`, `\t`, `\"`, `\\`, `\$`). A quoted value may span lines. Behind an unquoted value
 * a comment needs a blank before its `#`, since a password may hold `#`. Values are not interpolated; a later line wins.
 *
 * Node's util.parseEnv is not used: up to Node 20.20 it continues an unclosed quote over the lines below, accepts
 * `bad line\nKEY` as a name, leaves a byte order mark or blanks behind `export` in the name, cuts an unquoted value at
 * any `#`, and reports no line numbers.
 */
export function parseEnvFile(source: string): EnvFile {
  const text = source.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const values = new Map<string, string>();
  const lines = new Map<string, number>();
  const faults: EnvFault[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const entry = readEntry(text, at);
    if ('fault' in entry) faults.push({ line, column: entry.column, message: entry.fault });
    else if (entry.name !== null) {
      values.set(entry.name, entry.value);
      lines.set(entry.name, line);
    }
    line += text.slice(at, entry.end).split('\n').length - 1;
    at = entry.end;
  }
  return { values, lines, faults };
}

type Entry =
  | { readonly name: null; readonly end: number }
  | { readonly name: string; readonly value: string; readonly end: number }
  | { readonly fault: string; readonly column: number; readonly end: number };

function readEntry(text: string, start: number): Entry {
  const end = lineEnd(text, start);
  const line = text.slice(start, end);
  if (/^\s*(?:#|$)/.test(line)) return { name: null, end: end + 1 };
  const [head, lead = '', name] = ASSIGNMENT.exec(line) ?? [];
  if (head === undefined || name === undefined) {
    return { fault: 'must be KEY=VALUE, a comment or blank', column: 1, end: end + 1 };
  }
  const value = readValue(text, start + head.length);
  if (typeof value === 'string') {
    // The end of an unclosed quote is unknown, so the lines below cannot be read.
    const unclosed = value === UNCLOSED;
    return { fault: value, column: head.length + 1, end: unclosed ? text.length : end + 1 };
  }
  if (value.text.includes('\0')) {
    return { fault: `the value of ${name} holds a NUL byte`, column: lead.length + 1, end: value.end };
  }
  return { name, value: value.text, end: value.end };
}

const UNCLOSED = 'the quote is never closed; write the closing one';

function readValue(text: string, start: number): { readonly text: string; readonly end: number } | string {
  const quote = text.charAt(start);
  if (quote !== '"' && quote !== "'" && quote !== '`') {
    const end = lineEnd(text, start);
    return {
      text: text
        .slice(start, end)
        .replace(/(?:^|\s+)#.*$/, '')
        .trimEnd(),
      end: end + 1,
    };
  }
  const close = closingQuote(text, start + 1, quote);
  if (close === -1) return UNCLOSED;
  const end = lineEnd(text, close);
  if (!/^\s*(?:#.*)?$/.test(text.slice(close + 1, end)))
    return 'text follows the closing quote; put all of it in quotes';
  const inside = text.slice(start + 1, close);
  return { text: quote === '"' ? unescaped(inside) : inside, end: end + 1 };
}

function closingQuote(text: string, start: number, quote: string): number {
  if (quote !== '"') return text.indexOf(quote, start);
  for (let at = start; at < text.length; at += 1) {
    if (text.charAt(at) === '\\') at += 1;
    else if (text.charAt(at) === '"') return at;
  }
  return -1;
}

function unescaped(text: string): string {
  return text.replace(/\\([\s\S])/g, (whole, character: string) => ESCAPES.get(character) ?? whole);
}

function lineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  return end === -1 ? text.length : end;
}
