import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { platforms } from '../../../src/routing/platforms/index.ts';
import type { Route } from '../../../src/routing/route.ts';
import { compileRoutes, findScope } from '../../../src/routing/table/table.ts';
import { matchesPrefix } from '../../../src/routing/target-path.ts';
import { decide, head, json, keyRoute, pathRoute, type Request, seal, tableOf } from '../support.ts';

/** A request of which all that counts is known. */
interface Known {
  readonly host: string;
  readonly path: string;
  readonly signed: boolean;
  readonly team: string | undefined;
  readonly app: string | undefined;
  readonly tenant: string | undefined;
  readonly kind: string | number | boolean | undefined;
}

const SLACK = ['team', 'app'];
const CUSTOM = ['header:x-tenant', 'json:/kind'];

function request({ host, path, signed, team, app, tenant, kind }: Known): Request {
  const event =
    team === undefined && app === undefined ? {} : { type: 'event_callback', event_id: 'Ev0AAAAAAA1' };
  return {
    ...json(
      { ...event, team_id: team, api_app_id: app, kind },
      {
        ...(signed && { 'x-slack-signature': 'v0=00' }),
        ...(tenant !== undefined && { 'x-tenant': tenant }),
      },
    ),
    host,
    path,
  };
}

/** The documented precedence, by looking at every route. */
function naive(routes: readonly Route[], known: Known): Route | undefined {
  const asked = known.host.toLowerCase().replace(/:\d+$/, '').replace(/\.$/, '');
  const holding = (host: string | null) =>
    routes
      .filter((route) => route.host === host && matchesPrefix(known.path, route.path))
      .sort((a, b) => b.path.length - a.path.length)[0];
  const best = holding(asked) ?? holding(null);
  if (best === undefined) return undefined;
  const scope = routes.filter(({ host, path }) => host === best.host && path === best.path);
  const pathOnly = scope.find(({ key }) => key === null);
  const slack = scope.filter(({ key }) => key?.platform === 'slack');
  const custom = scope.filter(({ key }) => key?.platform === 'custom');
  const names = (field: string) => custom.some(({ key }) => key !== null && field in key.fields);
  const namesKindAlone = custom.some(({ key }) => key !== null && !('header:x-tenant' in key.fields));
  const isEvent = known.team !== undefined || known.app !== undefined;
  const hasHeader = names('header:x-tenant') && known.tenant !== undefined;
  const hasKind = namesKindAlone && known.kind !== undefined;

  const bySlack = () => claimed(slack, SLACK, { team: known.team, app: known.app }, pathOnly);
  const byCustom = () =>
    claimed(
      custom,
      CUSTOM,
      {
        'header:x-tenant': known.tenant,
        'json:/kind': known.kind === undefined ? undefined : `${known.kind}`,
      },
      pathOnly,
    );
  const isTaken = (route: Route | undefined) => route !== undefined && route !== pathOnly;
  const isSlacks = slack.length > 0 && (known.signed || isEvent);
  const isCustoms = hasHeader || hasKind;
  // A header's value that a route claims comes before a shape in the body, and after a mark in the head.
  const order = known.signed || !hasHeader ? [bySlack, byCustom] : [byCustom, bySlack];
  const recognised = order.filter((by) => (by === bySlack ? isSlacks : isCustoms));
  const first = recognised.map((by) => by()).find(isTaken);
  if (first !== undefined) return first;
  if (isSlacks) return bySlack();
  if (isCustoms) return byCustom();
  return pathOnly;
}

function claimed(
  routes: readonly Route[],
  order: readonly string[],
  attributes: Readonly<Record<string, string | undefined>>,
  pathOnly: Route | undefined,
): Route | undefined {
  const fieldsOf = (route: Route) => Object.entries(route.key?.fields ?? {});
  const rank = (route: Route) => [
    -fieldsOf(route).length,
    ...order.map((field) => (fieldsOf(route).some(([name]) => name === field) ? 0 : 1)),
  ];
  const before = (a: readonly number[], b: readonly number[]) => {
    const first = a.findIndex((value, index) => value !== b[index]);
    return (a[first] ?? 0) - (b[first] ?? 0);
  };
  const found = routes
    .filter((route) => fieldsOf(route).every(([field, values]) => values.includes(attributes[field] ?? '\0')))
    .sort((a, b) => before(rank(a), rank(b)))[0];
  return found ?? (pathOnly?.fallback === true ? pathOnly : undefined);
}

const id = fc.constantFrom('1', '2', 'true', '__proto__');
const values = fc.uniqueArray(id, { minLength: 1, maxLength: 2 });
const key = fc.oneof(
  fc.constant(null),
  fc
    .record({ team: values, app: values }, { requiredKeys: [] })
    .map((fields) => ({ platform: 'slack' as const, fields: { ...fields } })),
  fc
    .record({ 'header:x-tenant': values, 'json:/kind': values }, { requiredKeys: [] })
    .map((fields) => ({ platform: 'custom' as const, fields: { ...fields } })),
);

const drafts = fc.record({
  key: key.filter((one) => one === null || Object.keys(one.fields).length > 0),
  host: fc.constantFrom(null, 'a.example', 'b.example', '[::1]'),
  path: fc.constantFrom('', '/x', '/x/y'),
  fallback: fc.boolean(),
});

/** Routes of which no two claim the same. */
const routes = fc.array(drafts, { maxLength: 14 }).map((all) => {
  const kept: Route[] = [];
  for (const [index, { key: claim, host, path, fallback }] of all.entries()) {
    const route =
      claim === null
        ? pathRoute(`p${index}`, path, { host, fallback })
        : keyRoute(`p${index}`, claim.platform, claim.fields, path, { host });
    if (!kept.some((other) => ties(other, route))) kept.push(route);
  }
  return kept;
});

function ties(a: Route, b: Route): boolean {
  if (a.host !== b.host || a.path !== b.path || a.key?.platform !== b.key?.platform) return false;
  const fields = Object.entries(a.key?.fields ?? {});
  return (
    fields.length === Object.keys(b.key?.fields ?? {}).length &&
    fields.every(([field, own]) => own.some((value) => b.key?.fields[field]?.includes(value)))
  );
}

const optional = fc.option(id, { nil: undefined });
const known: fc.Arbitrary<Known> = fc.record({
  host: fc.constantFrom(
    'a.example',
    'A.Example:8443',
    'b.example.',
    'B.EXAMPLE.:80',
    '[::1]:3978',
    'c.example',
  ),
  path: fc.constantFrom('/', '/x', '/x/z', '/x/y/z', '/xy'),
  signed: fc.boolean(),
  team: optional,
  app: optional,
  tenant: optional,
  kind: fc.constantFrom<Known['kind']>(undefined, '1', 2, true, '__proto__'),
});

describe('precedence', () => {
  it('is that of a look at every route, by host, path, sender, fields and fallback', () => {
    fc.assert(
      fc.property(routes, known, (all, asked) => {
        const outcome = decide(tableOf(...all), request(asked));
        const expected = naive(all, asked);
        assert.equal(outcome.kind === 'match' ? outcome.profile : undefined, expected?.profile);
        if (expected === undefined) assert.ok(outcome.kind === 'unmatched' || outcome.kind === 'none');
      }),
      { numRuns: 6000 },
    );
  });

  it('does not depend on the order of the routes', () => {
    fc.assert(
      fc.property(routes, known, (all, asked) => {
        const there = decide(tableOf(...all), request(asked));
        const back = decide(tableOf(...all.toReversed()), request(asked));
        assert.equal(back.kind, there.kind);
        if (back.kind === 'match' && there.kind === 'match') assert.equal(back.profile, there.profile);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('10,000 routes', () => {
  it('make no table that is looked through', () => {
    const count = 10_000;
    const all = Array.from({ length: count }, (_, n): Route => {
      switch (n % 5) {
        case 0:
          return keyRoute(`p${n}`, 'slack', { team: `T${n}` });
        case 1:
          return keyRoute(`p${n}`, 'telegram', { secret_token: `t${n}` });
        case 2:
          return keyRoute(`p${n}`, 'custom', { 'header:x-tenant': `${n}` });
        case 3:
          return pathRoute(`p${n}`, '', { host: `h${n}.example` });
        default:
          return pathRoute(`p${n}`, `/bots/${n}`);
      }
    });
    const table = compileRoutes(all, platforms, seal);
    const fates = [
      { ...json({ type: 'event_callback', team_id: 'T9995', event_id: 'Ev0AAAAAAA1' }) },
      { headers: { 'x-telegram-bot-api-secret-token': 't9996' } },
      { headers: { 'x-tenant': '9997' } },
      { host: 'h9998.example' },
      { path: '/bots/9999/x' },
    ].map((one) => decide(table, one));
    assert.deepEqual(
      fates.map((fate) => (fate.kind === 'match' ? fate.profile : fate.kind)),
      ['p9995', 'p9996', 'p9997', 'p9998', 'p9999'],
    );
    const scope = findScope(table, head({}));
    assert.deepEqual(
      scope?.keyed.map(({ platform, sets }) => [platform.name, sets.length]),
      [
        ['telegram', 1],
        ['slack', 1],
        ['custom', 1],
      ],
    );
  });
});
