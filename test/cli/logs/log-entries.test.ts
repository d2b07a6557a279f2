import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeByTime, outputEntry, ownEntry } from '../../../src/cli/logs/log-entries.ts';
import type { Event } from '../../../src/events.ts';
import { jsonLines } from '../../../src/logs/json-lines.ts';
import { outputLine, remarkLine } from '../../../src/logs/log-line.ts';

function stored(event: Event): string {
  let text = '';
  jsonLines((line) => {
    text = line.trimEnd();
  })(event);
  return text;
}

test('stderr and gwproxy’s remarks are marked, and a line without a time keeps its place', () => {
  const show = (line: string): unknown => outputEntry('bot', line.trimEnd(), 5);
  assert.deepEqual(show(outputLine(7, 'stdout', 'hi')), {
    name: 'bot',
    at: 7,
    mark: '|',
    text: 'hi',
    red: false,
  });
  assert.deepEqual(show(outputLine(7, 'stderr', 'ow')), {
    name: 'bot',
    at: 7,
    mark: '|',
    text: 'ow',
    red: true,
  });
  assert.deepEqual(show(remarkLine(7, 'gap')), { name: 'bot', at: 7, mark: '!', text: 'gap', red: true });
  assert.deepEqual(show('cut'), { name: 'bot', at: 5, mark: '|', text: 'cut', red: false });
});

test('gwproxy’s own log is shown in the words that `up` prints', () => {
  const exit = stored({
    type: 'gateway.exit',
    profile: 'bot',
    generation: 1,
    code: null,
    signal: 'SIGKILL',
    asked: false,
  });
  const { at, ...shown } = ownEntry('gwproxy', exit, 0) ?? { at: 0 };
  assert.deepEqual(shown, { name: 'bot', mark: '!', text: 'ended unexpectedly by SIGKILL', red: true });
  assert.ok(Math.abs(Date.now() - at) < 60_000);
  assert.equal(ownEntry('gwproxy', stored({ type: 'door.closed' }), 0), null);
});

test('a line of another version shows its message, and a malformed line is shown unchanged', () => {
  const entry = { name: 'gwproxy', at: 9, mark: '>', red: false } as const;
  for (const line of [
    '{"level":30,"time":9,"type":"door.opened","msg":"door opened"}',
    '{"level":30,"time":9,"type":"gateway.exit","profile":4,"msg":"door opened"}',
    '{"level":30,"time":9,"type":"toString","msg":"door opened"}',
    '{"level":30,"time":9,"type":"config.applied","changes":"none","msg":"door opened"}',
  ]) {
    assert.deepEqual(ownEntry('gwproxy', line, 0), { ...entry, text: 'door opened' });
  }
  assert.deepEqual(ownEntry('gwproxy', '{"cut', 3), { ...entry, at: 3, mark: '|', text: '{"cut' });
});

test('lines of several files are ordered by time, and lines of equal time keep their order', () => {
  const entry = (name: string, at: number) => ({ name, at, mark: '|', text: '', red: false }) as const;
  const a = [entry('a1', 1), entry('a2', 5), entry('a3', 5)];
  const b = [entry('b1', 2), entry('b2', 5)];
  assert.deepEqual(
    mergeByTime([a, b]).map(({ name }) => name),
    ['a1', 'b1', 'a2', 'a3', 'b2'],
  );
});
