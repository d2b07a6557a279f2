import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Route } from '../../../src/routing/route.ts';
import { githubIssue, type Sending } from '../../support/senders.ts';
import { type Bot, keyedRoute, startBot, statusOf, target } from '../support/door.ts';
import { type DoorOnFolder, spoolFolder, until, VERIFY } from '../support/spooling.ts';
import { rules, send } from '../support/verified.ts';

// Spooled deliveries of a profile while the config gives its name to another bot, or changes its routes.

const RULES = [rules('a', VERIFY), rules('b', VERIFY)];
/** For `a`, until the names are swapped. */
const HOOK = { hook: ['100000001'] };
const OTHER = { hook: ['100000002'] };
const ROUTES = [keyedRoute('a', 'github', HOOK), keyedRoute('b', 'github', OTHER)];
const SWAPPED = [keyedRoute('b', 'github', HOOK), keyedRoute('a', 'github', OTHER)];

function issue(title: string): Sending {
  return githubIssue({ secret: 'github-secret', repository: 'a/b', title });
}

/** The only listener of `a` is public there alone from now on. */
function servesAt({ supervisor }: DoorOnFolder, path: string, bot: Bot): void {
  supervisor.publish(ROUTES, [target('a', bot.port, { paths: [path] })]);
}

function titles({ requests }: Bot): readonly string[] {
  return requests.map(({ body }) => String(JSON.parse(body.toString()).issue.title));
}

/** Every profile that a route names is ready there from now on; null: none of them is. */
function be({ supervisor }: DoorOnFolder, routes: readonly Route[], bot: Bot | null): void {
  const names = new Set(routes.map(({ profile }) => profile));
  const state = bot === null ? 'down' : 'ready';
  supervisor.publish(
    routes,
    [...names].map((name) => target(name, bot?.port ?? 1, { state })),
  );
}

function shown({ door }: DoorOnFolder): readonly (readonly (string | null)[])[] {
  return door.spool?.list().map(({ profile, state, reason }) => [profile, state, reason]) ?? [];
}

function dead({ events }: DoorOnFolder): readonly (readonly string[])[] {
  return events.flatMap((event) => (event.type === 'spool.dead' ? [[event.profile, event.reason]] : []));
}

function allDead(door: DoorOnFolder): boolean {
  return shown(door).every(([, state]) => state === 'dead');
}

/** A door on a folder, and two deliveries for hook 100000001 spooled for `a`, which is stopped. */
async function kept(t: TestContext) {
  const folder = await spoolFolder(t);
  const door = await folder.door({ rules: RULES });
  const bot = await startBot(t);
  be(door, ROUTES, null);
  for (const title of ['1', '2']) assert.equal(statusOf(await send(t, door, issue(title))), 202);
  return { folder, door, bot };
}

test('a delivery for a profile whose name another bot has by now reaches neither, until the names are right', async (t) => {
  const { folder, door, bot } = await kept(t);
  be(door, SWAPPED, bot);
  await until(() => allDead(door));
  assert.deepEqual(dead(door), [
    ['a', 'no-route'],
    ['a', 'no-route'],
  ]);
  assert.equal(await door.door.spool?.retry({ all: true }), 2);
  await until(() => dead(door).length === 4 && allDead(door));
  await door.door.close(0);

  const again = await folder.door({ rules: RULES });
  be(again, SWAPPED, bot);
  assert.deepEqual(shown(again), [
    ['a', 'dead', 'no-route'],
    ['a', 'dead', 'no-route'],
  ]);
  assert.deepEqual(titles(bot), []);
  be(again, ROUTES, bot);
  assert.equal(await again.door.spool?.retry({ all: true }), 2);
  await until(() => again.door.spool?.list().length === 0);
  assert.deepEqual(titles(bot), ['1', '2']);
});

test('a delivery that an earlier run spooled is matched by this run’s config', async (t) => {
  const { folder, door, bot } = await kept(t);
  await door.door.close(0);
  const again = await folder.door({ rules: RULES });
  be(again, SWAPPED, bot);
  await until(() => dead(again).length === 2);
  assert.deepEqual(titles(bot), []);
});

test('a profile of the same name with other routes gets nothing that was spooled before', async (t) => {
  const { door, bot } = await kept(t);
  be(door, [keyedRoute('b', 'github', OTHER)], null);
  be(door, [keyedRoute('a', 'github', { repository: ['c/d'] })], bot);
  await until(() => dead(door).length === 2);
  assert.deepEqual(titles(bot), []);
});

test('a delivery is still sent after unrelated route changes', async (t) => {
  const { door, bot } = await kept(t);
  be(door, [keyedRoute('a', 'github', { repository: ['a/b'] }), keyedRoute('b', 'github', OTHER)], bot);
  await until(() => door.door.spool?.list().length === 0);
  assert.deepEqual([titles(bot), dead(door)], [['1', '2'], []]);
});

test('a delivery for a path without a listener does not block those behind it', async (t) => {
  const folder = await spoolFolder(t);
  const door = await folder.door({ rules: RULES });
  const bot = await startBot(t);
  be(door, ROUTES, null);
  assert.equal(statusOf(await send(t, door, { ...issue('old'), path: '/hook/old' })), 202);
  assert.equal(statusOf(await send(t, door, { ...issue('new'), path: '/hook/new' })), 202);
  servesAt(door, '/hook/new', bot);
  await until(() => shown(door).length === 1 && allDead(door));
  assert.deepEqual([titles(bot), dead(door)], [['new'], [['a', 'no-route']]]);
  assert.equal(statusOf(await send(t, door, { ...issue('direct'), path: '/hook/new' })), 200);
  servesAt(door, '/hook', bot);
  assert.equal(await door.door.spool?.retry({ profile: 'a' }), 1);
  await until(() => shown(door).length === 0);
  assert.deepEqual(titles(bot), ['new', 'direct', 'old']);
});

test('a door that is closed before it opens the spool does not make its deliveries dead letters', async (t) => {
  const { folder, door } = await kept(t);
  await door.door.close(0);
  await assert.rejects(folder.door({ rules: RULES, made: ({ close }) => void close(0) }), /closed/);
  assert.deepEqual([(await folder.names('new')).length, await folder.names('dead')], [2, []]);
});
