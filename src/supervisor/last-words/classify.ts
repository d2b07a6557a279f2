/** Characters of a line that are looked at: what it is shows at its beginning. */
const LOOKED_AT = 300;

/**
 * What a line of a program's output is. uncaught: the head of an exception or a panic that ends programs. error: a line
 * that reports an error, such as one of a logger. plain: any other. continuation: it belongs to the line before (a
 * stack frame, a property, an indented explanation), or the program's runtime wrote it beside the error.
 */
export type LineKind = 'uncaught' | 'error' | 'plain' | 'continuation';

/** What the lines before say about the next one. */
export type Expectation =
  | 'nothing'
  /** Within a Python traceback: the first line that is not indented is the exception. */
  | 'exception'
  /** The message of a Rust panic stands in the line behind its head. */
  | 'message'
  /** Within the stack of a goroutine, which an empty line ends. */
  | 'goroutine';

export interface Classified {
  readonly kind: LineKind;
  readonly next: Expectation;
}

/** Heads of what ends a program: of Node, Python, Java, Go, C++ in V8, .NET and Rust, in this order. */
const UNCAUGHT = [
  /^(?:Uncaught )?[A-Za-z_$][\w$.]*(?:Error|Exception)(?: \[\w+\])?(?::|$)/,
  /^Exception in thread "/,
  /^(?:panic|fatal error|FATAL ERROR): /,
  /^\[?Unhandled ?(?:Exception|Promise)/i,
  /^thread '/,
];

const SEVERITY = 'error|err|fatal|critical|crit|panic|severe|emerg|alert|exception';

/** Lines of loggers and of command-line programs. Letter case counts where the word may also be prose. */
const ERRORS = [
  new RegExp(`^\\W{0,8}(?:${SEVERITY})\\b`, 'i'),
  new RegExp(`[[<(](?:${SEVERITY})[\\]>)]`, 'i'),
  new RegExp(`(?:^|[\\s\\]])(?:${SEVERITY})[:!]`, 'i'),
  new RegExp(`\\b(?:level|severity|lvl)["']?\\s?[=:]\\s?["']?(?:${SEVERITY})\\b`, 'i'),
  /\b(?:ERROR|FATAL|CRITICAL|PANIC|SEVERE|EMERG)\b/,
  // pino and Bunyan: 50 is error, 60 is fatal.
  /^\{.*"level":\s?[56]\d\b/,
  /\(\w{1,60}(?:Error|Exception)\)/,
  /^npm error\b/,
  /^[✗✘✖❌⛔🛑]/u,
];

/** Lines beside an error: of Node, Bun, Python, Java, Go, Rust, PHP and V8's native stack. */
const BESIDE = [
  /^(?:Node\.js|Bun) v\d/,
  /^Emitted 'error' event/,
  /^\(node:\d+\) |^\(Use `node /,
  // A warning of Python's interpreter; it ends with the quoted source.
  /^\S{1,200}:\d+: \w+Warning: /,
  /^(?:During handling of the above|The above exception was)/,
  /^Caused by: /,
  /^(?:exit status \d|\[signal |created by )/,
  /^note: run with/,
  /^#\d+ |^Stack trace:|^thrown in /,
  /^(?:\d+: 0x|-----|<---)/,
  /^[\])}^~]+[;,)]*$/,
];

/** A logger may write its own words in front. */
const TRACEBACK = /\bTraceback \(most recent call last\)/;
const GOROUTINE = /^goroutine \d+ \[/;
const RUST_PANIC = /^thread '.*' (?:\(\d+\) )?panicked at .*:$/;

/**
 * What the line is, after lines that leave `expected`. The line has no time stamp and no terminal sequences in front.
 * Takes a bounded number of steps, whatever the line is. Pure.
 */
export function classify(written: string, expected: Expectation): Classified {
  const line = written.slice(0, LOOKED_AT);
  if (line.trim() === '')
    return { kind: 'continuation', next: expected === 'goroutine' ? 'nothing' : expected };
  if (expected === 'goroutine') return { kind: 'continuation', next: 'goroutine' };
  if (expected === 'message') return { kind: 'uncaught', next: 'nothing' };
  if (/^\s/.test(line)) return { kind: 'continuation', next: expected };
  if (TRACEBACK.test(line)) return { kind: 'continuation', next: 'exception' };
  if (expected === 'exception') return { kind: 'uncaught', next: 'nothing' };
  if (GOROUTINE.test(line)) return { kind: 'continuation', next: 'goroutine' };
  if (BESIDE.some((pattern) => pattern.test(line))) return { kind: 'continuation', next: 'nothing' };
  if (UNCAUGHT.some((pattern) => pattern.test(line))) {
    return { kind: 'uncaught', next: RUST_PANIC.test(line) ? 'message' : 'nothing' };
  }
  return { kind: ERRORS.some((pattern) => pattern.test(line)) ? 'error' : 'plain', next: 'nothing' };
}
