import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longerBodies, longerBodiesAdvice, longerBodiesText } from '../../src/config/longer-bodies.ts';
import { planOf } from './folder.ts';

const MIB = 1024 * 1024;

const PROFILES = `profiles:
  by-body: {command: node, routes: [{github: {repository: a/b}}]}
  by-head: {command: node, routes: [{github: {hook: 101}}]}
  verifying: {command: node, routes: [{github: {hook: 102}}], verify: {github: {secret: invented}}}
  other: {command: node, routes: [{slack: {team: T1}}]}
`;

test('by default every sender may send what its vendor documents', async (t) => {
  assert.deepEqual(longerBodies(await planOf(t, { 'gwproxy.yaml': PROFILES })), []);
});

test('a limit below what a sender documents is named, with the profiles whose bodies are read', async (t) => {
  const plan = await planOf(t, { 'gwproxy.yaml': `limits: {body: 8MiB}\n${PROFILES}` });
  const [only, ...others] = longerBodies(plan);
  assert.deepEqual(others, []);
  assert.deepEqual(only, {
    sender: 'github',
    profiles: ['by-body', 'verifying'],
    documented: 25 * MIB,
    limit: 8 * MIB,
    field: 'body',
  });
  assert.equal(
    longerBodiesText(only),
    'by-body, verifying: github sends bodies of up to 25MiB, and limits.body takes 8MiB; longer ones are refused (413)',
  );
  assert.equal(longerBodiesAdvice(only), 'remove limits.body, or write limits: { body: 25MiB }');
});

test('the memory for all bodies, and the limit of streamed ones, may be too small for one', async (t) => {
  const plan = await planOf(t, {
    'gwproxy.yaml': `limits: {buffered: 16MiB, streamed: 10MiB}\n${PROFILES}`,
  });
  assert.deepEqual(
    longerBodies(plan).map(({ profiles, limit, field }) => [profiles, limit / MIB, field]),
    [
      [['by-body', 'verifying'], 16, 'buffered'],
      [['by-head'], 10, 'streamed'],
    ],
  );
});

test("a limit that is as high as the sender's is not named", async (t) => {
  const plan = await planOf(t, { 'gwproxy.yaml': `limits: {body: 25MiB}\n${PROFILES}` });
  assert.deepEqual(longerBodies(plan), []);
});
