import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publicByProfilePathAlone } from '../../src/config/public-by-profile-path.ts';
import { load, planOf } from './folder.ts';

const PROFILES = `profiles:
  open: {command: node}
  routed: {command: node, routes: [{slack: {team: T1}}]}
  private: {command: node, listeners: {main: {paths: []}}}
  several: {command: node, listeners: {a: {port: 5001}, b: {port: 5002}}}
  outside: {url: "http://10.0.0.5:3978"}
`;

test('profiles without routes and with public paths are public by profile_paths alone', async (t) => {
  const plan = await planOf(t, { 'gwproxy.yaml': `profile_paths: true\n${PROFILES}` });
  assert.deepEqual(publicByProfilePathAlone(plan), ['open', 'outside']);
});

test('without profile_paths no profile is public by profile_paths alone', async (t) => {
  const plan = await planOf(t, { 'gwproxy.yaml': PROFILES });
  assert.deepEqual(publicByProfilePathAlone(plan), []);
});

test('a profile whose listeners are all private gets no /p/ route, and no warning that nothing reaches it', async (t) => {
  for (const setting of ['true', 'false']) {
    const { loaded, lines } = await load(t, {
      'gwproxy.yaml': `profile_paths: ${setting}\nprofiles:\n  tunnel: {command: node, listeners: {metrics: {port: 20241, paths: []}}}\n`,
    });
    assert.deepEqual(lines, []);
    assert.deepEqual(loaded.ok && loaded.plan.routes, []);
  }
});
