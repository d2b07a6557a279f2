import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { diffPlans, linesOf } from '../../../src/config/change/diff.ts';
import { safePart } from '../../../src/config/change/safe-part.ts';
import type { Plan, PlanDiff } from '../../../src/config/types.ts';
import { anyPlan, elsewhere, isConsistent, LISTENER, plan, profile, route } from '../plans.ts';

function restarts({ changed }: PlanDiff): readonly string[] {
  return changed.filter(({ how }) => how === 'restart').map(({ profile: name }) => name);
}

function kindOf({ profiles }: Plan, name: string): string | undefined {
  return profiles.find((each) => each.name === name)?.launch.kind;
}

test('the safe part restarts and ends nothing, and can run as it is', () => {
  fc.assert(
    fc.property(anyPlan, anyPlan, (before, after) => {
      const safe = safePart(before, after);
      const diff = diffPlans(before, safe);
      assert.deepEqual(restarts(diff), []);
      for (const name of [...diff.removed, ...diff.replaced]) assert.equal(kindOf(before, name), 'url');
      assert.deepEqual(safe.listen, before.listen);
      assert.ok(isConsistent(safe.profiles, safe.listen.port), 'two would share a port or a log file');
      const names = safe.profiles.map(({ name }) => name);
      assert.equal(new Set(names).size, names.length);
      assert.ok(safe.routes.every((each) => names.includes(each.profile)));
    }),
    { numRuns: 500 },
  );
});

test('the safe part and then the rest do once each what the whole does', () => {
  fc.assert(
    fc.property(anyPlan, anyPlan, (before, after) => {
      const safe = safePart(before, after);
      const [whole, first, rest] = [
        diffPlans(before, after),
        diffPlans(before, safe),
        diffPlans(safe, after),
      ];
      const sorted = (...lists: (readonly string[])[]) => lists.flat().sort();
      assert.deepEqual(sorted(first.added, rest.added), sorted(whole.added));
      assert.deepEqual(sorted(first.removed, rest.removed), sorted(whole.removed));
      assert.deepEqual(sorted(first.replaced, rest.replaced), sorted(whole.replaced));
      assert.deepEqual(sorted(restarts(rest)), sorted(restarts(whole)));
      assert.equal(rest.listen, whole.listen);
      assert.deepEqual(first.settings, whole.settings);
      assert.deepEqual(rest.settings, []);
    }),
    { numRuns: 500 },
  );
});

test('what waits goes on waiting: the safe part of the same change is nothing more', () => {
  fc.assert(
    fc.property(anyPlan, anyPlan, (before, after) => {
      const safe = safePart(before, after);
      assert.deepEqual(linesOf(diffPlans(safe, safePart(safe, after))), []);
      assert.deepEqual(safePart(after, after), after);
    }),
    { numRuns: 500 },
  );
});

test('a profile that would restart keeps what it was started with, its probes and what reaches it', () => {
  const before = plan([profile('bot', { listeners: [{ ...LISTENER, port: 7001 }] })]);
  const health = { ...LISTENER.health, path: '/healthz' };
  const after = plan(
    [
      profile('bot', {
        program: 'other',
        maxMemory: 9,
        listeners: [{ ...LISTENER, port: 7002, paths: ['/api'], health }],
      }),
    ],
    { routes: [route('bot', '/new')] },
  );
  const safe = safePart(before, after);
  assert.deepEqual(linesOf(diffPlans(before, safe)), ['bot: changed (max_memory)']);
  assert.deepEqual(linesOf(diffPlans(safe, after)), [
    'bot: restarts (command, listeners.http.port, listeners.http.paths, listeners.http.health, routes)',
  ]);
});

test('a removed profile runs on, and is reached, until all is applied; a url profile goes at once', () => {
  const before = plan([profile('bot'), elsewhere('far', 7001), profile('other')]);
  const after = plan([profile('other')]);
  const safe = safePart(before, after);
  assert.deepEqual(
    safe.profiles.map(({ name }) => name),
    ['other', 'bot'],
  );
  assert.deepEqual(safe.routes, [route('other'), route('bot')]);
  assert.deepEqual(linesOf(diffPlans(safe, after)), ['bot: removed']);
});

test('an added profile waits for a port or a log file that another still has', () => {
  const at = (port: number) => ({ listeners: [{ ...LISTENER, port }] });
  const before = plan([profile('old', at(7001)), profile('kept', { ...at(7002), logFile: '/log/1' })]);
  const after = plan([
    profile('kept', { ...at(7003), logFile: '/log/1' }),
    profile('first', at(7001)),
    profile('second', at(7002)),
    profile('free', at(7004)),
  ]);
  const safe = safePart(before, after);
  assert.deepEqual(
    safe.profiles.map(({ name }) => name),
    ['kept', 'free', 'old'],
  );
  assert.deepEqual(linesOf(diffPlans(safe, after)), [
    'first: added',
    'second: added',
    'old: removed',
    'kept: restarts (listeners.http.port)',
  ]);
});

test('a log file that a removed profile still writes is taken over by nobody', () => {
  const before = plan([profile('old', { logFile: '/log/1' }), profile('kept', { logFile: '/log/2' })]);
  const after = plan([profile('kept', { logFile: '/log/1' }), profile('new', { logFile: '/log/2' })]);
  const safe = safePart(before, after);
  assert.deepEqual(
    safe.profiles.map(({ name, logFile }) => [name, logFile]),
    [
      ['kept', '/log/2'],
      ['old', '/log/1'],
    ],
  );
});
