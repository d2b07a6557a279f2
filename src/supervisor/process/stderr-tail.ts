import { stripVTControlCharacters } from 'node:util';
import { hasSecretShape, isSecretName } from '../../util/secret.ts';

/** Lines that are remembered: a Node error comes with up to ten stack frames and its own properties behind it. */
const REMEMBERED_LINES = 32;
/** Characters remembered of a line. */
const REMEMBERED_LENGTH = 1000;
/** How many of the last lines may hold the error, stack frames not counted. */
const SEARCHED_LINES = 10;
/** Characters shown. */
const SHOWN_LENGTH = 200;
/** A shorter value of a variable may occur in a line by chance. */
const SHORTEST_SECRET = 6;

const HIDDEN = '(its last line may hold a secret, so it is not shown)';

/** Stack frames of Node, the line that Node ends with, and its note on an unhandled 'error' event. */
const NOISE = /^\s+at |^Node\.js v\d|^Emitted 'error' event/;
/** Not indented: `TypeError: …`, `error: …`, `[FATAL] …`, `panic: …`. Python's traceback quotes indented source lines. */
const ERROR = /^(?=\S).*(?:error|exception|panic|fatal|critical)\b/i;
/** A name with a value: `TOKEN=x`, `"token": "x"`. */
const ASSIGNMENT = /([\w-]+)["']?\s*=\s*[^\s=]|"([\w-]+)"\s*:\s*"[^"]/g;
/** A name with what may be a value or prose: `token: x1`, `KeyError: 'TOKEN'`, `Unexpected token: }`. */
const LABEL = /([A-Za-z_][\w-]*)\s*:\s*(?=(["']?)([^\s"',;}]+))/g;
/** Characters of a secret that give it away: a longer one may be cut. */
const TELLING_LENGTH = 40;

/** The end of what one process wrote to stderr. */
export class StderrTail {
  readonly #lines: string[] = [];

  push(written: string): void {
    // A progress bar writes one line over and over: a terminal shows the last of them.
    const line = written.split('\r').findLast((part) => part.trim() !== '') ?? '';
    // A slice would keep the whole long line in memory.
    const text =
      line.length > REMEMBERED_LENGTH ? Buffer.from(line.slice(0, REMEMBERED_LENGTH)).toString() : line;
    if (this.#lines.push(text) > REMEMBERED_LINES) this.#lines.shift();
  }

  /** Lines are missing here: those before them are not the last that the process wrote. */
  clear(): void {
    this.#lines.length = 0;
  }

  /**
   * The line that most likely says why the process failed: the last of its last lines that looks like an error, else
   * the last one that is not empty. One line of at most 200 characters, without control characters. A line that may
   * hold a secret is replaced by a note; `env` is the environment of the process. Null if there is no line.
   */
  errorLine(env: Readonly<Record<string, string>>): string | null {
    const lines = this.#lines.map(plainText).filter((line) => line.trim() !== '');
    const candidates = lines.filter((line) => !NOISE.test(line)).slice(-SEARCHED_LINES);
    const line = candidates.findLast((each) => ERROR.test(each)) ?? candidates.at(-1) ?? lines.at(-1);
    if (line === undefined) return null;
    if (mayHoldSecret(line, env)) return HIDDEN;
    // Far from where `push` cuts the line: a secret that was cut is not recognised.
    const start = line.trim().slice(0, REMEMBERED_LENGTH / 2);
    const shown = [...start.replaceAll(/\s+/g, ' ')];
    if (shown.length <= SHOWN_LENGTH) return shown.join('');
    const cut = shown.slice(0, SHOWN_LENGTH - 1).join('');
    return `${cut.trimEnd()}…`;
  }
}

/** Control characters, and those that change the direction or break the line, become spaces. */
function plainText(line: string): string {
  return stripVTControlCharacters(line).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}

function mayHoldSecret(line: string, env: Readonly<Record<string, string>>): boolean {
  if (hasSecretShape(line)) return true;
  for (const [, name, quoted] of line.matchAll(ASSIGNMENT)) {
    if (isSecretName(name ?? quoted ?? '')) return true;
  }
  for (const [, name = '', quote, value = ''] of line.matchAll(LABEL)) {
    const isError = /(?:error|exception)$/i.test(name);
    const isValue = quote !== '' || /\d/.test(value) || /passw|authorization/i.test(name);
    if (isValue && !isError && isSecretName(name)) return true;
  }
  return Object.entries(env).some(([name, value]) => isSecretName(name) && hasPartOf(line, value));
}

/** Whether a line of a secret, or the beginning of a long one, stands in the text. */
function hasPartOf(text: string, secret: string): boolean {
  return secret
    .split('\n')
    .map((part) => part.trim().slice(0, TELLING_LENGTH))
    .some((part) => part.length >= SHORTEST_SECRET && text.includes(part));
}
