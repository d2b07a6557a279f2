import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { diffPlans, linesOf } from '../../../src/config/change/diff.ts';
import { safePart } from '../../../src/config/change/safe-part.ts';
import type { Plan, ProfilePlan, VerifyRules } from '../../../src/config/types.ts';
import { matchHead } from '../../../src/routing/match.ts';
import { platforms } from '../../../src/routing/platforms/index.ts';
import type { Route, RouteKey } from '../../../src/routing/route.ts';
import { compileRoutes } from '../../../src/routing/table/table.ts';
import { head, type Request } from '../../routing/support.ts';
import { anyPlan, elsewhere, LISTENER, plan, profile, route } from '../plans.ts';

/** The plan between two: who is reached in it. */

const HOSTS = [null, 'a.example'];
const PATHS = ['', '/in', '/in/ner'];
const IDS = ['101', '102', '103'];

function hook(id: string): RouteKey {
  return { platform: 'github', fields: { hook: [id] } };
}

const anyKey: fc.Arbitrary<RouteKey | null> = fc.oneof(
  fc.constant(null),
  fc.constantFrom(...IDS).map(hook),
  fc.constantFrom(...IDS).map((id): RouteKey => ({ platform: 'github', fields: { app: ['7'], hook: [id] } })),
  fc.constantFrom(...IDS).map((id): RouteKey => ({ platform: 'telegram', fields: { secret_token: [id] } })),
  fc.constantFrom(...IDS).map((id): RouteKey => ({ platform: 'custom', fields: { 'header:x-id': [id] } })),
);

const anyRoute = fc.record({
  owner: fc.nat(3),
  host: fc.constantFrom(...HOSTS),
  path: fc.constantFrom(...PATHS),
  key: anyKey,
  fallback: fc.boolean(),
});

function verifying(secret: string): VerifyRules {
  const none = { botFramework: null, slack: null, line: null, meta: null, telegram: null, twilio: null };
  return { ...none, discord: null, graph: null, github: [secret] };
}

/** As `anyPlan`, with routes that meet each other in every way, and none that tie. */
const anyRouted: fc.Arbitrary<Plan> = fc
  .tuple(anyPlan, fc.array(anyRoute, { maxLength: 8 }), fc.constantFrom('one-secret', 'another-secret'))
  .map(([{ profiles, ...settings }, claims, secret]) => {
    const distinct = claims.filter(
      ({ host, path, key }, index) =>
        !claims
          .slice(0, index)
          .some((other) => isDeepStrictEqual([other.host, other.path, other.key], [host, path, key])),
    );
    const routes = profiles.flatMap(({ name }, index) =>
      distinct
        .filter(({ owner }) => owner % profiles.length === index)
        .map(({ host, path, key, fallback }) => ({ ...route(name, path), host, key, fallback })),
    );
    return {
      ...settings,
      profiles: profiles.map((each) => ({ ...each, verify: verifying(secret) })),
      routes,
    };
  });

const REQUESTS: readonly Request[] = ['a.example', 'b.example'].flatMap((host) =>
  ['/', '/in', '/in/ner', '/out'].flatMap((path) =>
    [
      {},
      ...IDS.flatMap((id) => [
        { 'x-github-event': 'ping', 'x-github-delivery': 'd', 'x-github-hook-id': id },
        {
          'x-github-event': 'ping',
          'x-github-delivery': 'd',
          'x-github-hook-id': id,
          'x-github-hook-installation-target-type': 'integration',
          'x-github-hook-installation-target-id': '7',
        },
        { 'x-telegram-bot-api-secret-token': id },
        { 'x-id': id },
      ]),
    ].map((headers): Request => ({ host, path, headers })),
  ),
);

/** Whose each of the requests is; throws where two routes tie. */
function ownersIn({ routes }: Plan): readonly (Route | null)[] {
  const table = compileRoutes(routes, platforms, (secret) => secret);
  return REQUESTS.map((request) => {
    const outcome = matchHead(table, head(request));
    return outcome.kind === 'match' ? outcome.route : null;
  });
}

/** What a profile is started with, and what decides which requests reach it beside its routes. */
function bodyOf({ profiles }: Plan, name: string) {
  const found = profiles.find((each) => each.name === name);
  if (found === undefined) return null;
  const { launch, listeners, verify, delivery } = found;
  const addresses = listeners.map(({ host, port, portEnv, paths, name: own }) => ({
    ...{ host, port, portEnv, own },
    paths,
  }));
  return { launch, addresses, verify, delivery };
}

function standsIn(origin: Plan, between: Plan, one: Route): boolean {
  const { source: _, ...said } = one;
  return (
    origin.routes.some(({ source: __, ...other }) => isDeepStrictEqual(said, other)) &&
    isDeepStrictEqual(bodyOf(origin, one.profile), bodyOf(between, one.profile))
  );
}

test('in the plan between, each route leads to what stood beside it in the plan that it is from', () => {
  fc.assert(
    fc.property(anyRouted, anyRouted, (before, after) => {
      const between = safePart(before, after);
      for (const one of between.routes) {
        assert.ok(
          standsIn(before, between, one) || standsIn(after, between, one),
          `${one.profile} ${one.path} ${JSON.stringify(one.key)}`,
        );
      }
    }),
    { numRuns: 2000 },
  );
});

test('in the plan between, a request reaches whom it reached before or will reach, or nobody', () => {
  fc.assert(
    fc.property(anyRouted, anyRouted, (before, after) => {
      const between = safePart(before, after);
      const [old, now, next] = [ownersIn(before), ownersIn(between), ownersIn(after)];
      for (const [index, one] of now.entries()) {
        if (one === null) continue;
        const allowed = [old[index]?.profile, next[index]?.profile];
        assert.ok(allowed.includes(one.profile), JSON.stringify(REQUESTS[index]));
      }
    }),
    { numRuns: 2000 },
  );
});

test('what the plan between leaves out is what waits, and stays the same until all of it is applied', () => {
  fc.assert(
    fc.property(anyRouted, anyRouted, (before, after) => {
      const between = safePart(before, after);
      assert.deepEqual(linesOf(diffPlans(between, safePart(between, after))), []);
      assert.deepEqual(safePart(after, after), after);
    }),
    { numRuns: 1000 },
  );
});

function hooked(name: string, id: string): Route {
  return { ...route(name, ''), key: hook(id) };
}

function bot(name: string, who: string, changes: Partial<ProfilePlan> = {}): ProfilePlan {
  return profile(name, { env: { BOT: [who] }, verify: verifying(`secret-of-${who}`), ...changes });
}

test('two names that are swapped stay as they were, routes and secrets too', () => {
  const before = plan([bot('a', 'bot-A'), bot('b', 'bot-B')], {
    routes: [hooked('a', '101'), hooked('b', '202')],
  });
  const after = plan([bot('b', 'bot-A'), bot('a', 'bot-B')], {
    routes: [hooked('b', '101'), hooked('a', '202')],
  });
  const between = safePart(before, after);
  assert.deepEqual(linesOf(diffPlans(before, between)), []);
  assert.deepEqual(linesOf(diffPlans(between, after)), [
    'b: restarts (env.BOT, verify, routes)',
    'a: restarts (env.BOT, verify, routes)',
  ]);
});

test('a secret that is rotated waits with the environment that holds it', () => {
  const before = plan([bot('a', 'bot-A')]);
  const after = plan([profile('a', { env: { BOT: ['bot-A'], S: ['x'] }, verify: verifying('new-secret') })]);
  const between = safePart(before, after);
  assert.deepEqual(between.profiles, before.profiles);
  assert.deepEqual(linesOf(diffPlans(between, after)), ['a: restarts (env.S, verify)']);
});

test('a route of one that waits is not lent to another, and all the rest applies', () => {
  const before = plan([bot('a', 'bot-A'), bot('b', 'bot-B'), bot('c', 'bot-C')], {
    routes: [hooked('a', '101'), hooked('b', '102'), hooked('c', '103')],
  });
  const after = plan([bot('a', 'other'), bot('b', 'bot-B'), bot('c', 'bot-C')], {
    routes: [hooked('a', '102'), hooked('b', '101'), hooked('c', '104')],
  });
  const between = safePart(before, after);
  assert.deepEqual(linesOf(diffPlans(before, between)), ['c: changed (routes)']);
  assert.deepEqual(linesOf(diffPlans(between, after)), [
    'a: restarts (env.BOT, verify, routes)',
    'b: changed (routes)',
  ]);
});

test('one that takes the routes of another and has to wait for its port leaves them where they are', () => {
  const at = { listeners: [{ ...LISTENER, port: 7001 }] };
  const before = plan([profile('p', at)], { routes: [route('p', '/in')] });
  const after = plan([profile('pp', at)], { routes: [route('pp', '/in')] });
  const between = safePart(before, after);
  assert.deepEqual(linesOf(diffPlans(before, between)), []);
  assert.deepEqual(linesOf(diffPlans(between, after)), ['pp: added', 'p: removed']);
});

test('one that begins beside a profile that is removed gets what that one leaves only when it is gone', () => {
  const before = plan([profile('p')], { routes: [route('p', '/in')] });
  const after = plan([profile('pp')], { routes: [route('pp', '/in'), route('pp', '/new')] });
  const between = safePart(before, after);
  assert.deepEqual(between.routes, [route('pp', '/new'), route('p', '/in')]);
  assert.deepEqual(linesOf(diffPlans(between, after)), ['p: removed', 'pp: changed (routes)']);
});

test('a path that waits is not served by a wider one in its place, nor a narrower one by what waits', () => {
  const before = plan([bot('a', 'bot-A'), bot('b', 'bot-B'), elsewhere('far', 7009)], {
    routes: [route('a', '/a'), route('b', '/a/of-b'), route('far', '/c/of-far')],
  });
  const after = plan([bot('a', 'other'), bot('b', 'bot-B')], {
    routes: [route('a', '/c'), route('b', '/b'), route('b', '')],
  });
  const between = safePart(before, after);
  assert.deepEqual(
    between.routes.map(({ profile: name, path }) => `${name} ${path}`),
    ['a /a', 'b /a/of-b', 'far /c/of-far'],
  );
});
