import assert from 'node:assert/strict';
import { test } from 'node:test';
import { count } from './ledger.ts';
import { renderTrials } from './report.ts';
import type { Trial } from './trial.ts';

function trial(lost: number, outcomes: readonly number[]): Trial {
  const sent = outcomes.map((status, index) => ({
    delivery: { id: `${index}`, bot: 'one', kind: 'message' as const, room: 0, at: 0 },
    attempts: [{ startedAt: 0, endedAt: 1, outcome: { is: 'status' as const, status } }],
  }));
  const sightings = sent.slice(lost).map(({ delivery }) => ({ id: delivery.id, bot: 'one', at: 0 }));
  return {
    figures: count({ sent, sightings, kills: [], spooled: new Map() }),
    blows: new Map([['kill', 3]]),
    wrongAnswers: [],
    dead: 0,
    drainedAfterMs: 12.3,
    counted: new Map(),
  };
}

test('the figures of two runs stand side by side, what only one has as 0 in the other', () => {
  const lines = renderTrials([
    { title: 'ours', trial: trial(0, [200, 503]) },
    { title: 'theirs', trial: trial(2, [200, 200, 502]) },
  ]);
  const cells = lines.map((line) => line.trim().split(/ {2,}/));
  assert.deepEqual(cells[0], ['ours', 'theirs']);
  const row = (what: string) => cells.find(([name]) => name === what);
  assert.deepEqual(row('deliveries'), ['deliveries', '2', '3']);
  assert.deepEqual(row('LOST: 2xx, neither seen nor in the spool'), [
    'LOST: 2xx, neither seen nor in the spool',
    '0',
    '2',
  ]);
  assert.deepEqual(row('requests: 503'), ['requests: 503', '1', '0']);
  assert.deepEqual(row('requests: 502'), ['requests: 502', '0', '1']);
  assert.deepEqual(row('done to it: kill'), ['done to it: kill', '3', '3']);
  assert.equal(new Set(lines.map(({ length }) => length)).size, 1);
});
