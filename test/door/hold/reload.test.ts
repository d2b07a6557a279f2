import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Route } from '../../../src/routing/route.ts';
import type { ProfileRules } from '../../../src/snapshot.ts';
import { githubIssue } from '../../support/senders.ts';
import {
  APP,
  activity,
  activityRequest,
  appRoute,
  keyedRoute,
  pathRoute,
  problemOf,
  startBot,
  startDoor,
  statusOf,
  target,
} from '../support/door.ts';
import { dial } from '../support/raw.ts';
import { bytesOf, rules } from '../support/verified.ts';

/** What waits while the config changes: whose it is then. */

const HELD = 'POST /A/held HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n';
const WEBSOCKET =
  'GET /A/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
const REPOSITORY = 'example/one';
const ISSUE = githubIssue({ secret: 'invented-secret', repository: REPOSITORY, title: 'Held' });
const GITHUB = [keyedRoute('a', 'github', { repository: [REPOSITORY] })];
const SWAPPED = [pathRoute('b', '/A'), pathRoute('a', '/B')];

interface Config {
  readonly routes: readonly Route[];
  readonly rules?: readonly ProfileRules[];
}

/** One request that waits for 'a' or 'b' while the config becomes another; both are ready then. */
async function waitThrough(t: TestContext, bytes: string, before: Config, after: Config) {
  const [a, b] = [await startBot(t), await startBot(t)];
  const { port, supervisor } = await startDoor(t, {
    ...before,
    targets: [target('a', a.port, { state: 'pending' }), target('b', b.port, { state: 'pending' })],
  });
  const client = (await dial(t, port)).send(bytes);
  await supervisor.called('ensureReady');
  supervisor.rules = after.rules ?? [];
  supervisor.publish(after.routes, [target('a', a.port), target('b', b.port)]);
  const answer = await client.until(/ok$|\}$|Content-Length: 0(?:\r\n.*)?\r\n\r\n$/s);
  return { answer, reached: [a.requests.length, b.requests.length] };
}

function assertRefused({ answer, reached }: Awaited<ReturnType<typeof waitThrough>>): void {
  assert.equal(statusOf(answer), 503);
  assert.equal(problemOf(answer).code, 'GWPROXY_UPSTREAM_NOT_READY');
  assert.match(answer, /\r\nRetry-After: 1\r\n/);
  assert.deepEqual(reached, [0, 0]);
}

test('a request that waits while two profiles swap their names reaches neither', async (t) => {
  const before = { routes: [pathRoute('a', '/A'), pathRoute('b', '/B')] };
  assertRefused(await waitThrough(t, HELD, before, { routes: SWAPPED }));
  assertRefused(await waitThrough(t, WEBSOCKET, before, { routes: SWAPPED }));
});

test('the same where its body says whose it is', async (t) => {
  const other = '00000000-0000-0000-0000-000000000002';
  const before = { routes: [appRoute('a', APP), appRoute('b', other)] };
  const after = { routes: [appRoute('b', APP), appRoute('a', other)] };
  assertRefused(await waitThrough(t, activityRequest(activity(APP)), before, after));
});

test('the same where a body that was not read would have to say it now', async (t) => {
  const after = { routes: [pathRoute('a', '/A'), appRoute('b', APP, '/A')] };
  assertRefused(await waitThrough(t, HELD.replace('held', ''), { routes: [pathRoute('a', '/A')] }, after));
});

test('the same where its path would be another to the gateway', async (t) => {
  const after = { routes: [pathRoute('a', '/A', true)] };
  assertRefused(await waitThrough(t, HELD, { routes: [pathRoute('a', '/A')] }, after));
});

test('a batch that waits for several reaches none of them where it would go to others', async (t) => {
  const page = (profile: string, id: string): Route => ({
    ...keyedRoute(profile, 'messenger', { page: [id] }),
    fanOut: true,
  });
  const body = JSON.stringify({ object: 'page', entry: ['111', '222'].map((id) => ({ id, time: 1 })) });
  const bytes = `POST /in HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const [one, other] = [page('a', '111'), page('b', '222')];
  const swapped = { routes: [page('b', '111'), page('a', '222')] };
  const gone = await waitThrough(t, bytes, { routes: [one, other] }, swapped);
  assert.equal(statusOf(gone.answer), 503);
  assert.deepEqual(gone.reached, [0, 0]);
});

test('what waits goes on where it still is that profile’s, whatever else has changed', async (t) => {
  const more = { routes: [pathRoute('b', '/C'), pathRoute('a', '/A')], rules: [rules('b', null)] };
  const { answer, reached } = await waitThrough(t, HELD, { routes: [pathRoute('a', '/A')] }, more);
  assert.equal(statusOf(answer), 200);
  assert.deepEqual(reached, [1, 0]);
  const read = await waitThrough(
    t,
    activityRequest(activity(APP)),
    { routes: [appRoute('a', APP)] },
    { routes: [pathRoute('b', '/C'), appRoute('a', APP)] },
  );
  assert.deepEqual(read.reached, [1, 0]);
});

test('what was verified by rules that count no more reaches nobody', async (t) => {
  const by = (...secrets: string[]) => ({
    routes: GITHUB,
    rules: [rules('a', { github: secrets }, 'direct')],
  });
  assertRefused(await waitThrough(t, bytesOf(ISSUE), by('invented-secret'), by('another-secret')));
  assertRefused(await waitThrough(t, bytesOf(ISSUE), { routes: GITHUB }, by('invented-secret')));
  const same = await waitThrough(t, bytesOf(ISSUE), by('invented-secret'), by('invented-secret'));
  assert.deepEqual(same.reached, [1, 0]);
});

test('a request whose body still arrives when the names are swapped reaches neither', async (t) => {
  const [a, b] = [await startBot(t), await startBot(t)];
  const targets = [target('a', a.port), target('b', b.port)];
  const other = '00000000-0000-0000-0000-000000000002';
  const { port, supervisor, door } = await startDoor(t, {
    routes: [appRoute('a', APP), appRoute('b', other)],
    targets,
  });
  const bytes = activityRequest(activity(APP), 'Expect: 100-continue\r\n');
  const body = bytes.indexOf('\r\n\r\n') + 4;
  const client = (await dial(t, port)).send(bytes.slice(0, body));
  await client.until(/100 Continue\r\n\r\n/);
  supervisor.publish([appRoute('b', APP), appRoute('a', other)], targets);
  const answer = (await client.send(bytes.slice(body)).until(/ok$|\}$/)).replace(/^.*?\r\n\r\n/s, '');
  assertRefused({ answer, reached: [a.requests.length, b.requests.length] });
  assert.equal(door.stats().get('a')?.requests, 0);
});
