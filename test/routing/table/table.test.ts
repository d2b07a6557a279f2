import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { platforms } from '../../../src/routing/platforms/index.ts';
import { botFramework } from '../../../src/routing/platforms/microsoft/bot-framework.ts';
import { slack } from '../../../src/routing/platforms/slack/slack.ts';
import type { Attributes, Route } from '../../../src/routing/route.ts';
import type { KeyedRoute } from '../../../src/routing/table/branch.ts';
import { findByKey, indexKeys } from '../../../src/routing/table/key-index.ts';
import { compileRoutes, findScope } from '../../../src/routing/table/table.ts';
import { matchesPrefix } from '../../../src/routing/target-path.ts';
import { head, keyRoute, pathRoute, seal, tableOf } from '../support.ts';

function isKeyed(route: Route): route is KeyedRoute {
  return route.key !== null;
}

/** The documented precedence, by looking at every route. */
function naive(routes: readonly KeyedRoute[], { fields }: Attributes): Route | undefined {
  const rank = (route: KeyedRoute) => {
    const own = slack.fields.map((field) => (field in route.key.fields ? 0 : 1));
    return [-Object.keys(route.key.fields).length, ...own];
  };
  const claims = (route: KeyedRoute) =>
    Object.entries(route.key.fields).every(([field, values]) => values.includes(fields[field] ?? '\0'));
  const before = (a: readonly number[], b: readonly number[]) => {
    const first = a.findIndex((value, index) => value !== b[index]);
    return (a[first] ?? 0) - (b[first] ?? 0);
  };
  return routes.filter(claims).sort((a, b) => before(rank(a), rank(b)))[0];
}

const id = fc.constantFrom('1', '2', '3', '__proto__', 'constructor');
const attributes = fc
  .record({ team: id, enterprise: id, app: id }, { requiredKeys: [] })
  .map((fields): Attributes => ({ platform: 'slack', fields }));
const fieldLists = fc
  .record(
    {
      team: fc.uniqueArray(id, { minLength: 1, maxLength: 2 }),
      enterprise: fc.uniqueArray(id, { minLength: 1, maxLength: 2 }),
      app: fc.uniqueArray(id, { minLength: 1, maxLength: 2 }),
    },
    { requiredKeys: [] },
  )
  .filter((fields) => Object.keys(fields).length > 0);

/** Routes of which no two claim the same. */
const slackRoutes = fc.array(fieldLists, { maxLength: 12 }).map((lists) => {
  const kept: KeyedRoute[] = [];
  for (const [index, fields] of lists.entries()) {
    const route = keyRoute(`p${index}`, 'slack', { ...fields });
    const overlaps = kept.some(
      ({ key }) =>
        Object.keys(key.fields).sort().join() === Object.keys(fields).sort().join() &&
        Object.entries(fields).every(([field, values]) =>
          values.some((one) => key.fields[field]?.includes(one)),
        ),
    );
    if (isKeyed(route) && !overlaps) kept.push(route);
  }
  return kept;
});

describe('the key index', () => {
  it('finds what a look at every route finds, by the documented precedence', () => {
    fc.assert(
      fc.property(slackRoutes, attributes, (routes, wanted) => {
        assert.equal(findByKey(indexKeys(slack, routes), wanted), naive(routes, wanted));
      }),
      { numRuns: 3000 },
    );
  });

  it('does not depend on the order of the routes', () => {
    fc.assert(
      fc.property(slackRoutes, attributes, (routes, wanted) => {
        assert.equal(
          findByKey(indexKeys(slack, routes), wanted),
          findByKey(indexKeys(slack, routes.toReversed()), wanted),
        );
      }),
    );
  });

  it('never takes the values of two fields for those of one', () => {
    const table = tableOf(keyRoute('a', 'slack', { team: 'T0:A0', app: 'x' }));
    const index = findScope(table, head({}))?.keyed[0];
    assert.ok(index !== undefined);
    assert.equal(findByKey(index, { platform: 'slack', fields: { team: 'T0', app: 'A0:x' } }), undefined);
  });

  it('has no more to look at with 10,000 routes than with four', () => {
    const sizes = [4, 10_000].map((count) => {
      const routes = Array.from({ length: count }, (_, n) =>
        n % 2 === 0
          ? keyRoute(`p${n}`, 'bot-framework', { app: `a${n}` })
          : keyRoute(`p${n}`, 'bot-framework', { recipient: `r${n}`, tenant: 't' }),
      );
      const index = indexKeys(botFramework, routes.filter(isKeyed));
      assert.equal(
        findByKey(index, { platform: 'bot-framework', fields: { app: `a${count - 2}` } })?.profile,
        `p${count - 2}`,
      );
      return index.sets.length;
    });
    assert.deepEqual(sizes, [2, 2]);
  });

  const clashes: readonly (readonly [string, readonly Route[]])[] = [
    ['two keys', [keyRoute('a', 'slack', { team: '1' }), keyRoute('b', 'slack', { team: ['2', '1'] })]],
    ['two paths', [pathRoute('a', '/x'), pathRoute('b', '/x')]],
    ['a field that is not known', [keyRoute('a', 'slack', { recipient: '1' })]],
    ['no field', [keyRoute('a', 'slack', {})]],
  ];
  for (const [name, routes] of clashes) {
    it(`is not built from routes that no checked config has: ${name}`, () => {
      assert.throws(() => compileRoutes(routes, platforms, seal), /gwproxy\.yaml:\d+:1/);
    });
  }
});

describe('the scope of a path', () => {
  const segment = fc.constantFrom('a', 'b', 'ab', '', '__proto__');
  const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join('/')}`);
  const prefixes = fc.uniqueArray(
    fc
      .array(fc.constantFrom('a', 'b', 'ab'), { maxLength: 3 })
      .map((segments) => segments.map((one) => `/${one}`).join('')),
  );

  it('is the longest prefix in whole segments', () => {
    fc.assert(
      fc.property(prefixes, path, (all, requested) => {
        const table = tableOf(...all.map((prefix) => pathRoute('p', prefix)));
        const longest = all
          .filter((prefix) => matchesPrefix(requested, prefix))
          .sort((a, b) => b.length - a.length)[0];
        assert.equal(findScope(table, head({ path: requested }))?.path, longest);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads the bodies of its own platforms alone, compiled once for all scopes alike', () => {
    const table = tableOf(
      keyRoute('a', 'slack', { team: '1' }, '/a'),
      keyRoute('b', 'slack', { team: '1' }, '/b'),
      keyRoute('c', 'bot-framework', { app: '1' }, '/c'),
      pathRoute('d', '/d'),
    );
    const reads = (at: string) => findScope(table, head({ path: at }))?.reads;
    assert.equal(reads('/a'), reads('/b'));
    assert.equal(reads('/c')?.form.ids.size, 0);
    assert.ok(reads('/c')?.json.slots.has('/recipient/id'));
    assert.equal(reads('/d'), null);
  });
});
