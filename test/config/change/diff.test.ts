import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { diffPlans, linesOf, reuseRoutes, sameRoutes } from '../../../src/config/change/diff.ts';
import type { ListenerPlan, Plan, ReadyRule } from '../../../src/config/types.ts';
import { anyPlan, elsewhere, LISTENER, plan, profile, route, source } from '../plans.ts';

function lines(before: Plan, after: Plan): readonly string[] {
  return linesOf(diffPlans(before, after));
}

/** The same plan, written elsewhere in the config. */
function moved(before: Plan): Plan {
  const elsewhere = { ...source, line: 77 };
  return {
    ...before,
    profiles: before.profiles.map((each) => ({ ...each, source: elsewhere })),
    routes: before.routes.map((each) => ({ ...each, source: elsewhere })),
  };
}

test('a plan equals itself and the same plan written elsewhere', () => {
  fc.assert(
    fc.property(anyPlan, (any) => {
      assert.deepEqual(lines(any, any), []);
      assert.deepEqual(lines(any, moved(any)), []);
      assert.equal(reuseRoutes(moved(any), any).routes, any.routes);
    }),
  );
});

test('every difference is found in both directions', () => {
  fc.assert(
    fc.property(anyPlan, anyPlan, (before, after) => {
      const there = diffPlans(before, after);
      const back = diffPlans(after, before);
      assert.deepEqual([...there.added].sort(), [...back.removed].sort());
      assert.deepEqual([...there.replaced].sort(), [...back.replaced].sort());
      const changes = (diff: typeof there) =>
        diff.changed.map(({ profile, how }) => `${profile} ${how}`).sort();
      assert.deepEqual(changes(there), changes(back));
      assert.deepEqual([there.settings, there.listen], [back.settings, back.listen]);
    }),
  );
});

test('a change of start settings restarts the gateway and names the fields, never a value', () => {
  const before = plan([profile('bot', { env: { TOKEN: ['old secret'], LANG: ['C'] } })]);
  const told = (changes: Parameters<typeof profile>[1]): readonly string[] =>
    lines(before, plan([profile('bot', { env: { TOKEN: ['old secret'], LANG: ['C'] }, ...changes })]));
  assert.deepEqual(told({ program: 'other' }), ['bot: restarts (command)']);
  assert.deepEqual(told({ env: { TOKEN: ['new secret'], LANG: ['C'] } }), ['bot: restarts (env.TOKEN)']);
  assert.deepEqual(told({ env: { A: [], B: [], C: [], D: [] } }), ['bot: restarts (env)']);
  assert.deepEqual(told({ listeners: [{ ...LISTENER, port: 7001 }] }), [
    'bot: restarts (listeners.http.port)',
  ]);
  assert.deepEqual(told({ listeners: [{ ...LISTENER, portEnv: 'HTTP_PORT' }] }), [
    'bot: restarts (listeners.http.port_env)',
  ]);
  assert.deepEqual(told({ listeners: [LISTENER, { ...LISTENER, name: 'api' }] }), [
    'bot: restarts (listeners)',
  ]);
});

test('another env_command restarts the gateway, and what it leaves to env is not named twice', () => {
  const withCommand = (command: string, kept: readonly string[] = []): Plan => {
    const { launch, ...rest } = profile('bot', { env: { A: ['1'] } });
    assert.ok(launch.kind === 'command');
    return plan([{ ...rest, launch: { ...launch, envCommand: { command: [command], kept } } }]);
  };
  const none = plan([profile('bot', { env: { A: ['1'] } })]);
  assert.deepEqual(lines(none, withCommand('op')), ['bot: restarts (env_command)']);
  assert.deepEqual(lines(withCommand('op'), withCommand('sops')), ['bot: restarts (env_command)']);
  assert.deepEqual(lines(withCommand('op'), withCommand('op', ['A'])), []);
});

test('a change of settings that only gwproxy uses restarts nothing', () => {
  const before = plan([profile('bot')]);
  const told = (changes: Parameters<typeof profile>[1]): readonly string[] =>
    lines(before, plan([profile('bot', changes)]));
  assert.deepEqual(told({ idleTimeout: 5, maxMemory: 7, after: [] }), [
    'bot: changed (idle_timeout, max_memory)',
  ]);
  assert.deepEqual(told({ listeners: [{ ...LISTENER, paths: ['/api'] }] }), [
    'bot: changed (listeners.http.paths)',
  ]);
  assert.deepEqual(told({ listeners: [{ ...LISTENER, addPrefix: '/p/bot' }] }), [
    'bot: changed (listeners.http.add_prefix)',
  ]);
  assert.deepEqual(told({ stop: { drain: 2, signal: 'SIGTERM', grace: 1 }, start: 'manual' }), [
    'bot: changed (start, stop)',
  ]);
  assert.deepEqual(lines(before, { ...before, routes: [route('bot', '/other')] }), ['bot: changed (routes)']);
  const schedule = { action: 'restart', pattern: '0 4 * * *', timezone: null } as const;
  assert.deepEqual(told({ schedule }), ['bot: changed (schedule)']);
});

test('another way to become ready restarts a bot, a changed setting of the same way does not', () => {
  const worker = (ready: ReadyRule, listeners: readonly ListenerPlan[] = []): Plan =>
    plan([profile('bot', { listeners, ready })]);
  const lived = worker({ kind: 'lived', after: 1000 });
  assert.deepEqual(lines(lived, worker({ kind: 'lived', after: 2000 })), ['bot: changed (ready_after)']);
  assert.deepEqual(lines(lived, worker({ kind: 'log', text: 'up' })), [
    'bot: restarts (ready_after, ready_log)',
  ]);
  assert.deepEqual(lines(worker({ kind: 'ipc' }), lived), ['bot: restarts (ready, ready_after)']);
  const health = {
    command: ['a'] as const,
    interval: 1,
    timeout: 1,
    failures: 1,
    successes: 1,
    restartAfter: 1,
  };
  const watched = worker({ kind: 'command', health });
  assert.deepEqual(lines(watched, worker({ kind: 'command', health: { ...health, command: ['b'] } })), [
    'bot: changed (health)',
  ]);
  const web = worker({ kind: 'listeners' }, [LISTENER]);
  assert.deepEqual(lines(lived, web), ['bot: restarts (listeners)']);
  assert.deepEqual(lines(web, lived), ['bot: restarts (listeners)']);
  assert.deepEqual(lines(web, worker({ kind: 'ipc' }, [LISTENER])), ['bot: restarts (ready)']);
});

test('a changed job is only updated, whatever differs: a run goes on as it began', () => {
  const schedule = { action: 'run', pattern: '0 4 * * *', timezone: null, timeout: null } as const;
  const job = (changes: Parameters<typeof profile>[1]): Plan =>
    plan([profile('nightly', { schedule, start: 'scheduled', listeners: [], ...changes })]);
  assert.deepEqual(lines(job({}), job({ program: 'other', env: { A: ['b'] } })), [
    'nightly: changed (command, env.A)',
  ]);
  assert.deepEqual(lines(job({}), job({ schedule: { ...schedule, timeout: 5 } })), [
    'nightly: changed (schedule)',
  ]);
});

test('a job that becomes a bot, and the other way round, is replaced', () => {
  const schedule = { action: 'run', pattern: '0 4 * * *', timezone: null, timeout: null } as const;
  const job = plan([profile('one', { schedule })]);
  const bot = plan([profile('one')]);
  assert.deepEqual(lines(job, bot), ['one: replaced (command, url or run)']);
  assert.deepEqual(lines(bot, job), ['one: replaced (command, url or run)']);
});

test('added, removed, moved and replaced profiles are distinguished', () => {
  const before = plan([profile('gone'), elsewhere('far', 7001), profile('turned')]);
  const after = plan([elsewhere('far', 7002), elsewhere('turned', 7003), profile('new')]);
  assert.deepEqual(lines(before, after), [
    'new: added',
    'gone: removed',
    'turned: replaced (command, url or run)',
    'far: moved (url)',
  ]);
});

test('a url whose path alone differs moves nothing, and one whose host differs too is named once', () => {
  const [{ listeners: [listener = LISTENER] = [] } = profile('far')] = [elsewhere('far', 7001)];
  const below = (port: number, addPrefix: string) =>
    plan([elsewhere('far', port, { listeners: [{ ...listener, port, addPrefix }] })]);
  assert.deepEqual(lines(below(7001, ''), below(7001, '/p/far')), ['far: changed (url)']);
  assert.deepEqual(lines(below(7001, ''), below(7002, '/p/far')), ['far: moved (url)']);
});

test('each changed setting is named, and the line of listen says what to do', () => {
  const before = plan([profile('bot')]);
  const after: Plan = {
    ...before,
    listen: { host: '127.0.0.1', port: 4000 },
    publicUrl: { href: 'https://a.example', proto: 'https', host: 'a.example' },
    limits: { ...before.limits, headerTime: 9 },
    logs: { ...before.logs, keep: 9 },
    watch: 'all',
    startConcurrency: 3,
  };
  assert.deepEqual(lines(before, after), [
    'limits.header_time: changed',
    'public_url: changed',
    'logs.keep: changed',
    'watch: changed',
    'start_concurrency: changed',
    'listen: needs a new `gwproxy up`',
  ]);
});

test('routes are equal if their content and order are', () => {
  assert.ok(
    sameRoutes([route('a'), route('b')], [{ ...route('a'), source: { ...source, line: 9 } }, route('b')]),
  );
  assert.ok(!sameRoutes([route('a')], [{ ...route('a'), fanOut: true }]));
  assert.ok(!sameRoutes([route('a')], []));
});
