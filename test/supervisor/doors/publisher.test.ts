import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Snapshot } from '../../../src/snapshot.ts';
import { Publisher } from '../../../src/supervisor/doors/publisher.ts';

test('a change that a door causes while it applies a snapshot reaches every door after that snapshot', () => {
  const publisher = new Publisher([], [], () => []);
  const seen: string[] = [];
  let promised = 0;
  publisher.addDoor({
    id: 'a',
    apply: ({ version }) => {
      seen.push(`a${version}`);
      if (version !== 2) return;
      publisher.publish();
      promised = publisher.version;
    },
  });
  publisher.addDoor({ id: 'b', apply: ({ version }) => void seen.push(`b${version}`) });
  publisher.publish();
  assert.deepEqual(seen, ['a1', 'b1', 'a2', 'b2', 'a3', 'b3']);
  assert.equal(promised, 3, 'the version that will carry the change');
});

test('a new door gets the current snapshot, with the same arrays of routes and rules', () => {
  const routes: Snapshot['routes'] = [];
  const rules: Snapshot['rules'] = [];
  const publisher = new Publisher(routes, rules, () => []);
  publisher.publish();
  const got: Snapshot[] = [];
  publisher.addDoor({ id: 'a', apply: (snapshot) => void got.push(snapshot) });
  publisher.publish();
  assert.deepEqual(
    got.map(({ version }) => version),
    [2, 3],
  );
  assert.ok(got.every((snapshot) => snapshot.routes === routes && snapshot.rules === rules));
});
