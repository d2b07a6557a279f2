import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StderrTail } from '../../../src/supervisor/process/stderr-tail.ts';

function errorLine(text: string, env: Readonly<Record<string, string>> = {}): string | null {
  const tail = new StderrTail();
  for (const line of text.split('\n')) tail.push(line);
  return tail.errorLine(env);
}

test('the error of a Node program is found before its stack, its properties and the version line', () => {
  const text = `/bot/index.js:7
    throw new Error('no')
    ^

Error: listen EADDRINUSE: address already in use 127.0.0.1:80
    at Server.setupListenHandle [as _listen2] (node:net:1937:16)
    at listenInCluster (node:net:1994:12)
Emitted 'error' event on Server instance at:
    at emitErrorNT (node:net:1973:8) {
  code: 'EADDRINUSE',
  errno: -98,
  syscall: 'listen',
  address: '127.0.0.1',
  port: 80
}

Node.js v22.14.0
`;
  assert.equal(errorLine(text), 'Error: listen EADDRINUSE: address already in use 127.0.0.1:80');
});

test('the error of a Python program is the last line of its traceback', () => {
  const text = `Traceback (most recent call last):
  File "/bot/run.py", line 3, in <module>
    raise RuntimeError(f"no {name}")
RuntimeError: no token
`;
  assert.equal(errorLine(text), 'RuntimeError: no token');
});

test('a line that looks like an error is preferred only among the last lines', () => {
  const lines = (count: number) => Array.from({ length: count }, (_, index) => `line ${index}`).join('\n');
  assert.equal(errorLine(`[FATAL] no config\n${lines(3)}`), '[FATAL] no config');
  assert.equal(errorLine(`[FATAL] no config\n${lines(20)}`), 'line 19');
});

test('without an error the last line that is not empty is taken, and none where there is none', () => {
  assert.equal(errorLine('starting\ngiving up\n\n  \n'), 'giving up');
  assert.equal(errorLine('\n\n'), null);
  assert.equal(errorLine('Node.js v22.14.0'), 'Node.js v22.14.0');
});

test('the line is short, and holds no control characters or terminal sequences', () => {
  assert.equal(errorLine('\x1b[31mError:\x1b[0m a\tb\x07\x1b]0;title\x07 \u202ec\u2028d'), 'Error: a b c d');
  const long = errorLine(`Error: ${'x'.repeat(70_000)}`);
  assert.equal(long?.length, 200);
  assert.match(long ?? '', /^Error: x+…$/);
});

test('a line that may hold a secret is not shown', () => {
  const hidden = '(its last line may hold a secret, so it is not shown)';
  for (const text of [
    'Error: token xoxb-123-abc is refused',
    'Error: cannot connect to postgres://bot:hunter22@db/x',
    'Error: GET /?access_token=abc failed',
    'error: {"client_secret": "abc"}',
    "error: { password: 'abc' }",
    'Error: SLACK_TOKEN: abc123 is refused',
    'Error: wrong password: hunter',
  ]) {
    assert.equal(errorLine(text), hidden);
  }
  const env = { SLACK_SIGNING_SECRET: 'c0ffee00', SHORT_TOKEN: 'abc', PORT: '20001x' };
  assert.equal(errorLine('Error: c0ffee00 is no secret of Slack', env), hidden);
  for (const text of [
    'Error: SLACK_SIGNING_SECRET is not set',
    'TokenExpiredError: the token has expired',
    "KeyError: 'SLACK_TOKEN'",
    'Error: abc is not on 20001x',
    'SyntaxError: Unexpected token: }',
    'Error: missing key: database',
    "KeyError: 'TOKEN1'",
  ]) {
    assert.equal(errorLine(text, env), text);
  }
});

test('no part of a secret is shown where a line is cut, or where a secret has several lines', () => {
  const env = {
    A_TOKEN: 'c0ffee-of-the-cut',
    A_KEY: '-----BEGIN KEY-----\nc0ffee00c0ffee00\n',
    LONG_KEY: 'c1'.repeat(600),
  };
  for (const text of [
    `Error: ${' '.repeat(985)}c0ffee-of-the-cut`,
    `Error: ${' '.repeat(600)}c0ffee-of-the-cut`,
    'Error: c0ffee00c0ffee00',
    `Error: ${'c1'.repeat(600)}`,
  ]) {
    assert.doesNotMatch(errorLine(text, env) ?? '', /c0f|c1/);
  }
});

test('of a progress bar the last state is shown, and a character is not cut in two', () => {
  assert.equal(errorLine(`${'10%\r'.repeat(500)}Error: disk full\r`), 'Error: disk full');
  assert.equal(errorLine(`Error: ${'x'.repeat(191)}😀😀`), `Error: ${'x'.repeat(191)}😀😀`);
  assert.doesNotMatch(errorLine(`Error: ${'x'.repeat(191)}😀😀😀`) ?? '', /\p{Cs}/u);
});

test('what stands before a gap is not taken for the last line', () => {
  const tail = new StderrTail();
  tail.push('Error: an old one');
  tail.clear();
  assert.equal(tail.errorLine({}), null);
  tail.push('Error: the last one');
  assert.equal(tail.errorLine({}), 'Error: the last one');
});
