import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readScript } from '../../../src/cli/pm2/facts/script-imports.ts';
import { ecosystemApp } from '../../../src/cli/pm2/source/pm2-app.ts';
import { readyOf } from '../../../src/cli/pm2/wait-ready.ts';

function ready(
  source: string | null,
  command: readonly string[] = ['node', 'bot.js'],
  app: object = { wait_ready: true },
) {
  const script = source === null ? null : readScript(source, 'javascript', () => false);
  const facts = { words: [], variables: new Map(), script, packages: new Set<string>() };
  const { fields, notes } = readyOf(ecosystemApp({ ...app }, 0), command, facts);
  return { fields, texts: notes.map(({ text }) => text) };
}

test('an app that sends ready is waited for', () => {
  for (const source of [
    `process.send('ready')`,
    `import './x.js'; process.send?.('ready');`,
    `if (process.send) f()`,
  ]) {
    assert.deepEqual(ready(source), { fields: { ready: 'ipc' }, texts: [] });
  }
});

test('an app that may send it is waited for, and a note says what follows if it does not', () => {
  for (const source of [null, `import './server.js'`]) {
    const { fields, texts } = ready(source);
    assert.deepEqual(fields, { ready: 'ipc' });
    assert.match(texts[0] ?? '', /^becomes ready: ipc\. gwproxy restarts a bot that has not called/);
  }
});

test('an app whose message would not arrive, or that sends none, is not waited for', () => {
  for (const [source, command, why] of [
    ['listen()', ['node', 'bot.js'], /its script sends no message/],
    [`process.send('ready')`, ['/usr/bin/npm', 'start'], /npm does not pass its message on/],
    [
      `process.send('ready')`,
      ['node', '/usr/lib/npm-cli.js', 'start'],
      /npm-cli does not pass its message on/,
    ],
    [`process.send('ready')`, ['bash', '-c', 'node bot.js'], /bash does not pass its message on/],
  ] as const) {
    const { fields, texts } = ready(source, command);
    assert.deepEqual(fields, {});
    assert.match(texts[0] ?? '', why);
  }
  assert.deepEqual(ready(`process.send('ready')`, ['node', 'bot.js'], {}), { fields: {}, texts: [] });
});
