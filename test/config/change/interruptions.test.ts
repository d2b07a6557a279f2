import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { diffPlans } from '../../../src/config/change/diff.ts';
import { interruptionsOf } from '../../../src/config/change/interruptions.ts';
import type { Plan } from '../../../src/config/types.ts';
import { anyPlan, elsewhere, LISTENER, plan, profile } from '../plans.ts';

function interrupted(before: Plan, after: Plan, serving: readonly string[]) {
  return interruptionsOf(diffPlans(before, after), before, new Set(serving));
}

test('a gateway that serves is restarted by a new command, and ended if its profile is removed or gets a url', () => {
  const before = plan([profile('a'), profile('b'), profile('c'), profile('d')]);
  const after = plan([
    profile('a', { program: 'other' }),
    elsewhere('c', 7001),
    profile('d', { maxMemory: 9 }),
  ]);
  assert.deepEqual(interrupted(before, after, ['a', 'b', 'c', 'd']), { restarts: ['a'], ends: ['b', 'c'] });
  assert.deepEqual(interrupted(before, after, ['d']), { restarts: [], ends: [] });
});

test('a gateway that does not serve or has a url is never interrupted', () => {
  const before = plan([elsewhere('moved', 7001), elsewhere('removed', 7002), elsewhere('run here', 7003)]);
  const here = profile('run here', { listeners: [{ ...LISTENER, port: 7004 }] });
  const after = plan([elsewhere('moved', 7005), here, profile('added')]);
  const none = { restarts: [], ends: [] };
  assert.deepEqual(interrupted(before, after, ['moved', 'removed', 'run here']), none);
});

test('a change that interrupts nothing keeps the command, environment and ports of every gateway that serves', () => {
  const served = (of: Plan, name: string) => {
    const found = of.profiles.find((each) => each.name === name);
    const addresses = found?.listeners.map(({ name: own, host, port, portEnv }) => ({
      own,
      host,
      port,
      portEnv,
    }));
    return { launch: found?.launch, addresses: addresses?.sort((a, b) => (a.own < b.own ? -1 : 1)) };
  };
  fc.assert(
    fc.property(anyPlan, anyPlan, fc.subarray(['a', 'b', 'c', 'd']), (before, after, serving) => {
      const { restarts, ends } = interrupted(before, after, serving);
      const own = before.profiles.filter(
        ({ launch, name }) => launch.kind === 'command' && serving.includes(name),
      );
      for (const { name } of own) {
        const isInterrupted = restarts.includes(name) || ends.includes(name);
        if (isInterrupted) assert.notDeepEqual(served(after, name), served(before, name));
        else assert.deepEqual(served(after, name), served(before, name));
      }
      assert.ok([...restarts, ...ends].every((name) => own.some((each) => each.name === name)));
    }),
    { numRuns: 500 },
  );
});
