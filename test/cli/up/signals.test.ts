import assert from 'node:assert/strict';
import { test } from 'node:test';
import { handleSignals } from '../../../src/cli/up/signals.ts';

interface Asked {
  readonly calls: readonly string[];
  readonly gone: () => void;
}

function obeyed(terminal: boolean, reload: () => Promise<void> = () => Promise.resolve()): Asked {
  const calls: string[] = [];
  const before = new Map(SIGNALS.map((signal) => [signal, process.listeners(signal)]));
  handleSignals(
    {
      stop({ signal, atOnce }) {
        calls.push(`stop ${signal}${atOnce ? ' at once' : ''}`);
        return Promise.resolve();
      },
      reload() {
        calls.push('reload');
        return reload();
      },
    },
    terminal,
  );
  const gone = (): void => {
    for (const [signal, kept] of before) {
      for (const listener of process.listeners(signal)) {
        if (!kept.includes(listener)) process.off(signal, listener);
      }
    }
  };
  return { calls, gone };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

test('the first signal stops in order and the second at once, whichever signals they are', (t) => {
  const { calls, gone } = obeyed(true);
  t.after(gone);
  process.emit('SIGINT', 'SIGINT');
  process.emit('SIGTERM', 'SIGTERM');
  assert.deepEqual(calls, ['stop SIGINT', 'stop SIGTERM at once']);
});

test('SIGHUP with a terminal stops gwproxy', (t) => {
  const { calls, gone } = obeyed(true);
  t.after(gone);
  process.emit('SIGHUP', 'SIGHUP');
  assert.deepEqual(calls, ['stop SIGHUP']);
});

test('SIGHUP without a terminal reloads, and gwproxy survives a failed reload', async (t) => {
  const told: unknown[][] = [];
  t.mock.method(console, 'error', (...words: unknown[]) => told.push(words));
  const { calls, gone } = obeyed(false, () => Promise.reject(new Error('no such luck')));
  t.after(gone);
  process.emit('SIGHUP', 'SIGHUP');
  process.emit('SIGHUP', 'SIGHUP');
  process.emit('SIGTERM', 'SIGTERM');
  await new Promise(setImmediate);
  assert.deepEqual(calls, ['reload', 'reload', 'stop SIGTERM']);
  assert.equal(told.length, 2);
  assert.match(String(told[0]), /the reload failed: .*no such luck/);
});
