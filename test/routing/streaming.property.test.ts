import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bodyTypeOf, inspect } from '../../src/routing/body/inspect.ts';
import { type BodyOutcome, matchBody, matchHead } from '../../src/routing/match.ts';
import type { Route } from '../../src/routing/route.ts';
import { findScope } from '../../src/routing/table/table.ts';
import { FORM_TYPE, head, JSON_TYPE, keyRoute, pathRoute, type Request, tableOf } from './support.ts';

/** Routes know the first two, so that the third is of nobody. */
const IDS = ['1', '2', '3'] as const;
const MAYBE = [undefined, ...IDS] as const;

interface HeadOnly {
  readonly app: string | undefined;
  readonly hook: string | undefined;
  readonly isGithub: boolean;
  readonly tenant: string | undefined;
  readonly stage: string | undefined;
  readonly type: typeof JSON_TYPE | typeof FORM_TYPE;
}

function request(all: HeadOnly, body: string): Request {
  const { app, hook, isGithub, tenant, stage, type } = all;
  const github = {
    'x-github-event': 'push',
    ...(hook !== undefined && { 'x-github-hook-id': hook }),
    ...(app !== undefined && {
      'x-github-hook-installation-target-type': 'integration',
      'x-github-hook-installation-target-id': app,
    }),
  };
  const headers = {
    'content-type': type,
    ...(isGithub && github),
    ...(tenant !== undefined && { 'x-tenant': tenant }),
    ...(stage !== undefined && { 'x-stage': stage }),
  };
  return { headers, body };
}

/** Every body that the routes below tell apart, in the format of that Content-Type. */
function bodies(type: HeadOnly['type']): readonly string[] {
  const all = MAYBE.flatMap((kind) =>
    MAYBE.flatMap((installation) =>
      MAYBE.flatMap((repository) =>
        MAYBE.map((team) => ({
          ...(kind !== undefined && { kind }),
          ...(installation !== undefined && { installation: { id: Number(installation) } }),
          ...(repository !== undefined && { repository: { full_name: repository } }),
          ...(team !== undefined && { type: 'event_callback', event_id: 'Ev0AAAAAAA1', team_id: team }),
        })),
      ),
    ),
  );
  if (type === JSON_TYPE) return all.map((one) => JSON.stringify(one));
  return [
    ...all.map((one) => new URLSearchParams({ payload: JSON.stringify(one) }).toString()),
    ...IDS.map((team_id) => new URLSearchParams({ command: '/x', team_id }).toString()),
  ];
}

const BODIES = { [JSON_TYPE]: bodies(JSON_TYPE), [FORM_TYPE]: bodies(FORM_TYPE) } as const;

function end(outcome: BodyOutcome): string {
  return outcome.kind === 'match' ? outcome.profile : outcome.kind;
}

/** Where the request of that head would end up, over all bodies, if each were read. */
function endsOfBodies(routes: readonly Route[], asked: HeadOnly): ReadonlySet<string> {
  const scope = findScope(tableOf(...routes), head(request(asked, '')));
  const reads = scope?.reads;
  assert.ok(scope !== null && reads);
  return new Set(
    BODIES[asked.type].map((body) => {
      const requestHead = head(request(asked, body));
      return end(matchBody(scope, requestHead, inspect(bodyTypeOf(requestHead), Buffer.from(body), reads)));
    }),
  );
}

function byHead(routes: readonly Route[], asked: HeadOnly): string {
  const outcome = matchHead(tableOf(...routes), head(request(asked, '')));
  return outcome.kind === 'none' ? 'unmatched' : outcome.kind === 'match' ? outcome.profile : outcome.kind;
}

const value = fc.constantFrom('1', '2');
const values = fc.uniqueArray(value, { minLength: 1, maxLength: 2 });
const fieldsOf = (names: readonly string[]) =>
  fc
    .tuple(...names.map((name) => fc.option(values).map((accepted) => [name, accepted] as const)))
    .map((all) => all.flatMap(([name, accepted]) => (accepted === null ? [] : [[name, accepted] as const])))
    .filter((fields) => fields.length > 0)
    .map((fields): Readonly<Record<string, readonly string[]>> => Object.fromEntries(fields));

const key = fc.oneof(
  fieldsOf(['app', 'installation', 'repository', 'hook']).map((fields) => ({
    platform: 'github' as const,
    fields,
  })),
  fieldsOf(['header:x-tenant', 'header:x-stage', 'json:/kind']).map((fields) => ({
    platform: 'custom' as const,
    fields,
  })),
  fieldsOf(['team']).map((fields) => ({ platform: 'slack' as const, fields })),
);

function ties(a: Route, b: Route): boolean {
  if (a.key?.platform !== b.key?.platform) return false;
  const fields = Object.entries(a.key?.fields ?? {});
  return (
    fields.length === Object.keys(b.key?.fields ?? {}).length &&
    fields.every(([field, own]) => own.some((one) => b.key?.fields[field]?.includes(one)))
  );
}

/** At least one keyed route, of which no two tie, and perhaps one by path. */
const routes = fc
  .tuple(fc.array(key, { minLength: 1, maxLength: 7 }), fc.constantFrom<null | boolean>(null, false, true))
  .map(([keys, fallback]) => {
    const kept: Route[] = fallback === null ? [] : [pathRoute('path', '', { fallback })];
    for (const [index, { platform, fields }] of keys.entries()) {
      const route = keyRoute(`p${index}`, platform, fields);
      if (!kept.some((other) => ties(other, route))) kept.push(route);
    }
    return kept;
  });

const maybe = fc.constantFrom(...MAYBE);
const asked: fc.Arbitrary<HeadOnly> = fc.record({
  app: maybe,
  hook: maybe,
  isGithub: fc.boolean(),
  tenant: maybe,
  stage: maybe,
  type: fc.constantFrom<HeadOnly['type']>(JSON_TYPE, FORM_TYPE),
});

describe('a request whose head is decided without its body', () => {
  it('would end up at the same place whatever its body held', () => {
    fc.assert(
      fc.property(routes, asked, (all, one) => {
        const decided = byHead(all, one);
        if (decided === 'needs-body') return;
        assert.deepEqual([...endsOfBodies(all, one)], [decided]);
      }),
      { numRuns: 400 },
    );
  });

  it('streams if every body would lead it to the same route, also beside the routes of other profiles', () => {
    fc.assert(
      fc.property(routes, asked, (all, one) => {
        const [only = '', ...others] = endsOfBodies(all, one);
        if (others.length > 0 || only === 'unmatched' || only === 'refused') return;
        assert.equal(byHead(all, one), only);
      }),
      { numRuns: 400 },
    );
  });

  it('is not changed by routes of other profiles that no body of it could reach', () => {
    fc.assert(
      fc.property(routes, routes, asked, (mine, theirs, one) => {
        const before = byHead(mine, one);
        if (before === 'needs-body') return;
        const added = theirs
          .filter(({ key: claim }) => claim !== null)
          .map((route) => ({ ...route, profile: `other-${route.profile}` }));
        const all = [...mine, ...added.filter((route) => !mine.some((other) => ties(other, route)))];
        const ends = endsOfBodies(all, one);
        if (ends.size > 1 || !ends.has(before) || before === 'unmatched') return;
        assert.equal(byHead(all, one), before);
      }),
      { numRuns: 400 },
    );
  });
});
