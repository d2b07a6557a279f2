import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutputTail } from '../../../src/supervisor/last-words/last-words.ts';

/** Endings as programs of each kind wrote them, and the line that says why. Time stamps and frames are theirs. */
const ENDINGS: Readonly<
  Record<string, { readonly stderr?: string; readonly stdout?: string; readonly says: string }>
> = {
  'a Node exception, with its source line, stack, cause and version': {
    stderr: `(node:7) [DEP0040] DeprecationWarning: The \`punycode\` module is deprecated.
(Use \`node --trace-deprecation ...\` to show where the warning was created)
/bot/index.js:7
throw new Error('no') // error: thrown
^

TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument must be of type string
    at Object.<anonymous> (/bot/index.js:7:7)
    at node:internal/main/run_main_module:28:49 {
  code: 'ERR_INVALID_ARG_TYPE',
  [cause]: Error: no path
      at Object.<anonymous> (/bot/index.js:6:3)
}

Node.js v22.14.0`,
    says: 'TypeError [ERR_INVALID_ARG_TYPE]: The "path" argument must be of type string',
  },
  'a module that Node cannot find, whose message has several lines': {
    stderr: `node:internal/modules/cjs/loader:1228
  throw err;
  ^

Error: Cannot find module '@slack/bolt'
Require stack:
- /bot/index.js
    at Function._resolveFilename (node:internal/modules/cjs/loader:1225:15) {
  code: 'MODULE_NOT_FOUND',
  requireStack: [ '/bot/index.js' ]
}

Node.js v20.20.2`,
    says: "Error: Cannot find module '@slack/bolt'",
  },
  'a Node program that throws a text': {
    stderr: `[eval]:1
throw 'boom'
^
boom
(Use \`node --trace-uncaught ...\` to show where the exception was thrown)

Node.js v20.20.2`,
    says: 'boom',
  },
  'a Node program without memory': {
    stderr: `
<--- Last few GCs --->

[7:0x2565dca0]      546 ms: Mark-Compact 32.2 (49.2) -> 31.7 (65.0) MB, 96.40 / 0.00 ms allocation failure; scavenge

<--- JS stacktrace --->

FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory
----- Native stack trace -----

${Array.from({ length: 20 }, (_, frame) => `${String(frame + 1).padStart(2)}: 0xb78db3 node::OOMErrorHandler [node]`).join('\n')}`,
    says: 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  },
  'a Python exception with its cause': {
    stderr: `/bot/run.py:3: DeprecationWarning: x is old
  warnings.warn('x is old', DeprecationWarning)
2026-11-30 02:00:01,004 INFO bot: starting
Traceback (most recent call last):
  File "/bot/run.py", line 5, in <module>
    {}['TOKEN']
    ~~^^^^^^^^^
KeyError: 'TOKEN'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/bot/run.py", line 7, in <module>
    raise Misconfigured('the bot has no channel')
bot.errors.Misconfigured: the bot has no channel`,
    says: 'bot.errors.Misconfigured: the bot has no channel',
  },
  "a Python exception in asyncio's group of tasks": {
    stderr: `  + Exception Group Traceback (most recent call last):
  |   File "/bot/run.py", line 7, in <module>
  |     return self._loop.run_until_complete(task)
  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/bot/run.py", line 6, in h
    | ValueError: bad channel
    +------------------------------------`,
    says: 'ValueError: bad channel',
  },
  "a Python web server's log around a traceback": {
    stderr: `INFO:     Waiting for application startup.
ERROR:    Traceback (most recent call last):
  File "/bot/app.py", line 12, in lifespan
    await connect()
ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 5432)

ERROR:    Application startup failed. Exiting.`,
    says: "ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 5432)",
  },
  'a Go panic with the stacks of many goroutines': {
    stderr: `2026/11/30 02:00:00 starting the bot
panic: runtime error: index out of range [5] with length 0

goroutine 1 [running]:
main.(*Bot).seat(...)
\t/bot/main.go:4
main.main()
\t/bot/main.go:5 +0x8d
${Array.from(
  { length: 40 },
  (_, each) => `
goroutine ${each + 19} [select (no cases)]:
main.main.func1()
\t/bot/main.go:5 +0xf
created by main.main in goroutine 1
\t/bot/main.go:5 +0x45`,
).join('\n')}
exit status 2`,
    says: 'panic: runtime error: index out of range [5] with length 0',
  },
  'a Go program that logs and exits': {
    stderr: '2026/11/30 02:00:00 listen tcp 127.0.0.1:8080: bind: address already in use',
    says: 'listen tcp 127.0.0.1:8080: bind: address already in use',
  },
  'a Java exception with its cause': {
    stderr: `WARNING: A terminally deprecated method in sun.misc.Unsafe has been called
Exception in thread "main" java.lang.IllegalStateException: no channel for the bot
\tat bot.Main.main(Main.java:1)
Caused by: java.lang.NumberFormatException: For input string: "one"
\tat java.base/java.lang.Integer.parseInt(Integer.java:668)
\t... 1 more`,
    says: 'Exception in thread "main" java.lang.IllegalStateException: no channel for the bot',
  },
  'a Rust panic, whose message stands in the next line': {
    stderr: `
thread 'main' (24463) panicked at src/main.rs:1:179:
called \`Result::unwrap()\` on an \`Err\` value: "no config"
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace`,
    says: 'thread \'main\' (24463) panicked at src/main.rs:1:179: called `Result::unwrap()` on an `Err` value: "no config"',
  },
  'a shell that finds no such program': {
    stderr: 'sh: 1: exec: no-such-bot: not found',
    says: 'sh: 1: exec: no-such-bot: not found',
  },
  'a package manager after the program itself': {
    stderr: `error: the file bot.json is missing
npm error Lifecycle script \`start\` failed with error:
npm error code 1`,
    says: 'error: the file bot.json is missing',
  },
  'Hermes without a gateway of its own, which says so on stdout, with an explanation below': {
    stderr: '2026-11-30 02:00:00,001 INFO hermes_cli.main: profile fable-bot',
    stdout: `✗ Profile 'fable-bot' does not get a gateway of its own.
  Exactly one gateway per host is the inbound process for every
  profile.

    hermes gateway install

  (gateway.standalone is a temporary compatibility shim while multiplexing gaps are fixed.)`,
    says: "✗ Profile 'fable-bot' does not get a gateway of its own",
  },
  'a logger with time stamps, which says more after the error': {
    stderr: `2026-11-30 02:00:00,001 INFO gateway: reading the config
2026-11-30 02:00:00,120 ERROR gateway: Profile 'fable-bot' does not get a gateway of its own
2026-11-30 02:00:00,121 ERROR gateway: exiting
2026-11-30 02:00:00,121 INFO gateway: bye`,
    says: "ERROR gateway: Profile 'fable-bot' does not get a gateway of its own",
  },
  "pino's JSON on stdout, with an error in it": {
    stdout: `{"level":30,"time":1796000000000,"pid":7,"hostname":"h","msg":"gateway starting"}
{"level":60,"time":1796000000001,"pid":7,"hostname":"h","err":{"type":"Error","message":"listen EADDRINUSE: address already in use 127.0.0.1:18789","stack":"Error: listen EADDRINUSE\\n    at Server"},"msg":"gateway failed to start"}
{"level":30,"time":1796000000002,"pid":7,"hostname":"h","msg":"closed"}`,
    says: 'gateway failed to start: listen EADDRINUSE: address already in use 127.0.0.1:18789',
  },
  'JSON with a named level': {
    stderr: '{"level":"error","ts":1796000000.1,"msg":"cannot start","error":"no channel is set"}',
    says: 'cannot start: no channel is set',
  },
  'a program that says it on stdout alone, without the word error': {
    stdout: 'reading the config\nno channel is set, so there is nothing to do',
    says: 'no channel is set, so there is nothing to do',
  },
};

for (const [title, { stderr, stdout, says }] of Object.entries(ENDINGS)) {
  test(`why it ended: ${title}`, () => {
    const tail = new OutputTail();
    for (const line of stdout?.split('\n') ?? []) tail.push('stdout', line, 0);
    for (const line of stderr?.split('\n') ?? []) tail.push('stderr', line, 0);
    const words = tail.lastWords([]);
    assert.ok('line' in words);
    assert.equal(words.line, says);
  });
}
