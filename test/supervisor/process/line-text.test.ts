import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineHolds } from '../../../src/supervisor/process/line-text.ts';

test('every character of the text stands for itself, and colours are left out', () => {
  assert.ok(lineHolds('2026-01-01 [INFO] Bot is running!', 'Bot is running!'));
  assert.ok(lineHolds('\u001b[32mBot\u001b[0m is \u001b[1mrunning\u001b[22m', 'Bot is running'));
  assert.ok(!lineHolds('Bot is running', 'Bot.*running'));
  assert.ok(lineHolds('a (b+)* c', '(b+)*'));
  assert.ok(!lineHolds('bot is running', 'Bot'));
});

test('no line takes long, whatever it holds', () => {
  const hostile = [
    `\u001b${';'.repeat(65_000)}`,
    `\u001b]${';a'.repeat(32_000)}`,
    '\u001b['.repeat(32_000),
    `\u001b${'9;'.repeat(32_000)}`,
    `\u001b[${'('.repeat(65_000)}`,
  ];
  const from = performance.now();
  for (const line of hostile) assert.ok(!lineHolds(line, 'ready'));
  assert.ok(performance.now() - from < 2000);
});
