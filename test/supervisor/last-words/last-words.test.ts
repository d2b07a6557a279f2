import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classify, type Expectation } from '../../../src/supervisor/last-words/classify.ts';
import { OutputTail } from '../../../src/supervisor/last-words/last-words.ts';
import { secretValues } from '../../../src/supervisor/last-words/may-hold-secret.ts';

const LONGEST = 500;

/** The line that is shown for what a process wrote to stderr, all at once. */
function lineOf(text: string, env: Readonly<Record<string, string>> = {}): string | null {
  const tail = new OutputTail();
  for (const line of text.split('\n')) tail.push('stderr', line, 0);
  const words = tail.lastWords(secretValues(env, new Set(['RECOVERY_PHRASE'])));
  return 'line' in words ? words.line : null;
}

test('an error is looked for among the last lines alone', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`).join('\n');
  assert.equal(lineOf(`[FATAL] no config\n${lines(3)}`), '[FATAL] no config');
  assert.equal(lineOf(`[FATAL] no config\n${lines(20)}`), 'line 19');
});

test('an error long before the last line is not why a gateway ended, and one on stdout may be later', () => {
  const tail = new OutputTail();
  tail.push('stderr', 'ERROR one answer failed', 1000);
  assert.deepEqual(tail.lastWords([]), { kind: 'error', line: 'ERROR one answer failed' });
  tail.push('stdout', 'ERROR cannot go on', 3000);
  assert.deepEqual(tail.lastWords([]), { kind: 'error', line: 'ERROR one answer failed' });
  tail.push('stdout', 'ERROR the disk is full', 9000);
  assert.deepEqual(tail.lastWords([]), { kind: 'error', line: 'ERROR the disk is full' });
  tail.push('stderr', 'stopping', 9000);
  assert.deepEqual(tail.lastWords([]), { kind: 'error', line: 'ERROR the disk is full' });
});

test('without an error it is the last line of stderr, else that of stdout, and silence is known to be silence', () => {
  assert.equal(lineOf('starting\ngiving up\n\n  \n'), 'giving up');
  assert.equal(lineOf('Node.js v22.14.0'), 'Node.js v22.14.0');
  const tail = new OutputTail();
  assert.deepEqual(tail.lastWords([]), { kind: 'silence' });
  tail.push('stdout', 'listening', 0);
  assert.deepEqual(tail.lastWords([]), { kind: 'line', stream: 'stdout', line: 'listening' });
  tail.push('stderr', 'no channel', 0);
  assert.deepEqual(tail.lastWords([]), { kind: 'line', stream: 'stderr', line: 'no channel' });
});

test('what stands before a gap is not taken for the last line, and a gap is no silence', () => {
  const tail = new OutputTail();
  tail.push('stderr', 'Error: an old one', 0);
  tail.gap('stderr');
  assert.deepEqual(tail.lastWords([]), { kind: 'unknown' });
  tail.push('stderr', 'Error: the last one', 0);
  assert.deepEqual(tail.lastWords([]), { kind: 'error', line: 'Error: the last one' });
});

test('the line is short, and what acts on a terminal or hides is escaped', () => {
  assert.equal(
    lineOf('\x1b[31mError:\x1b[0m a\tb\x07\x1b]0;title\x07 \u202ec'),
    'Error: a b\\u{7} \\u{202e}c',
  );
  const long = lineOf(`Error: ${'x'.repeat(70_000)}`);
  assert.equal(long?.length, LONGEST);
  assert.match(long ?? '', /^Error: x+…$/);
});

test('a line that may hold a secret is not shown', () => {
  const hidden = '(the line that says why may hold a secret, so it is only in its log)';
  for (const text of [
    'Error: token xoxb-123-abc is refused',
    'Error: cannot connect to postgres://bot:hunter22@db/x',
    'Error: GET /?access_token=abc failed',
    'error: {"client_secret": "abc"}',
    "error: { password: 'abc' }",
    'Error: SLACK_TOKEN: abc123 is refused',
    'Error: wrong password: hunter',
    '1token: x1 of the bot',
    'Error: --api-key: abc123',
    'KeyError: none db_pass: y2 KeyError: z',
    '{"level":50,"msg":"refused","err":{"message":"Basic Ym90Omh1bnRlcjIy was sent"}}',
    '{"level":50,"msg":"refused","token":"abc"}',
  ]) {
    assert.equal(lineOf(text), hidden);
  }
  const env = {
    SLACK_SIGNING_SECRET: 'c0ffee00',
    QUOTED_SECRET: 'a"b\\c"d',
    SHORT_TOKEN: 'abc',
    PORT: '20001x',
    RECOVERY_PHRASE: 'horse-battery',
  };
  assert.equal(lineOf('Error: cannot open: horse-battery', env), hidden);
  assert.equal(lineOf('Error: c0ffee00 is no secret of Slack', env), hidden);
  assert.equal(lineOf('{"level":50,"msg":"a\\"b\\\\c\\"d is refused"}', env), hidden);
  for (const text of [
    'Error: SLACK_SIGNING_SECRET is not set',
    'TokenExpiredError: the token has expired',
    "KeyError: 'SLACK_TOKEN'",
    'Error: abc is not on 20001x',
    'SyntaxError: Unexpected token: }',
    'Error: missing key: database',
    "KeyError: 'TOKEN1'",
  ]) {
    assert.equal(lineOf(text, env), text);
  }
});

test('no part of a secret is shown where a line is cut, or where a secret has several lines', () => {
  const env = {
    A_TOKEN: 'c0ffee-of-the-cut',
    A_KEY: '-----BEGIN KEY-----\nc0ffee00c0ffee00\n',
    LONG_KEY: 'c1'.repeat(600),
  };
  for (const text of [
    `Error: ${' '.repeat(3985)}c0ffee-of-the-cut`,
    `Error: ${' '.repeat(2400)}c0ffee-of-the-cut`,
    'Error: c0ffee00c0ffee00',
    `Error: ${'c1'.repeat(2400)}`,
  ]) {
    assert.doesNotMatch(lineOf(text, env) ?? '', /c0f|c1/);
  }
});

test('of a progress bar the last state is shown, and a character is not cut in two', () => {
  assert.equal(lineOf(`${'10%\r'.repeat(500)}Error: disk full\r`), 'Error: disk full');
  const fits = `Error: ${'x'.repeat(LONGEST - 9)}😀😀`;
  assert.equal(lineOf(fits), fits);
  assert.doesNotMatch(lineOf(`${fits}😀`) ?? '', /\p{Cs}/u);
});

const expectations: readonly Expectation[] = ['nothing', 'exception', 'message', 'goroutine'];

/** Pieces of which patterns are made, so that what is put together comes close to what they match. */
const pieces = fc.constantFrom(
  ...['Error', 'Exception', ': ', '(', ')', '[', ']', ' ', '\t', '"level":', '50', '{', '}', "thread '", "'"],
  ...[
    ' panicked at ',
    ':',
    'a.b$',
    '_',
    '1',
    ':1: ',
    'Warning: ',
    'Traceback (most recent call last)',
    '\r',
    '\u202e',
  ],
  ...['goroutine 1 [', 'Caused by: ', '\x1b[31m', '2026-11-30 02:00:00', '| ', '    ', '✗', '😀', '\u0000'],
);
const anyLine = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(pieces, { maxLength: 60 }).map((parts) => parts.join('')),
);

test('whatever a program writes, the result is one bounded line that it wrote, and the beginning decides', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ line: anyLine, stream: fc.constantFrom('stdout', 'stderr'), pause: fc.nat(9000) }),
        {
          maxLength: 40,
        },
      ),
      fc.constantFrom(...expectations),
      (written, expected) => {
        const tail = new OutputTail();
        let at = 0;
        for (const { line, stream, pause } of written) {
          at += pause;
          tail.push(stream, line, at);
          assert.deepEqual(classify(line, expected), classify(`${line.slice(0, 300)}`, expected));
        }
        const words = tail.lastWords([]);
        if (!('line' in words)) return;
        assert.ok([...words.line].length <= LONGEST);
        assert.doesNotMatch(words.line, /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u);
      },
    ),
  );
});

test('a line that is made to be slow takes no longer than another', () => {
  const length = 64 * 1024;
  const slow = [
    'a'.repeat(length),
    'a.'.repeat(length / 2),
    `thread '${"' panicked at ".repeat(length / 14)}`,
    `{${'"level":'.repeat(length / 8)}`,
    '(aError'.repeat(length / 7),
    ' '.repeat(length),
    '  | '.repeat(length / 4),
    '\r'.repeat(length),
    '\x1b['.repeat(length / 2),
    '[00:00:00'.repeat(length / 9),
    `{"msg":"${'token: '.repeat(length / 7)}`,
    'password'.repeat(length / 8),
    'a:'.repeat(length / 2),
    'a='.repeat(length / 2),
    '1-'.repeat(length / 2),
    'a '.repeat(length / 2),
  ];
  for (const line of slow) {
    const tail = new OutputTail();
    const since = process.cpuUsage();
    for (let each = 0; each < 10; each += 1) {
      tail.push('stderr', line, 0);
      tail.lastWords(['x'.repeat(100)]);
    }
    const { user, system } = process.cpuUsage(since);
    assert.ok(user + system < 200_000, `${line.slice(0, 20)}: ${user + system} µs`);
  }
});
