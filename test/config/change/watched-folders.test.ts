import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { watchedFoldersOf } from '../../../src/config/change/watched-folders.ts';
import type { ConfigInputs } from '../../../src/config/load.ts';
import { nameFilter, splitGlob } from '../../../src/config/source/globs.ts';
import { folder } from '../folder.ts';

/** Returns a function that says whether a name in a folder counts. */
async function counts(inputs: ConfigInputs) {
  const { places } = await watchedFoldersOf(inputs);
  return (path: string, name: string): boolean =>
    places.some((place) => place.folder === path && place.matches(name));
}

test('a file counts in its folder, and no other file there', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': '', 'bot.log': '' });
  const counted = await counts({ files: [join(at, 'gwproxy.yaml')], globs: [] });
  assert.ok(counted(at, 'gwproxy.yaml'));
  assert.ok(!counted(at, 'bot.log'));
});

test('every link on the way to a file counts, as in a volume of Kubernetes', async (t) => {
  const at = await folder(t, { '..2026_01/gwproxy.yaml': '' });
  await symlink('..2026_01', join(at, '..data'));
  await symlink('..data/gwproxy.yaml', join(at, 'gwproxy.yaml'));
  const counted = await counts({ files: [join(at, 'gwproxy.yaml')], globs: [] });
  assert.ok(counted(at, 'gwproxy.yaml'));
  assert.ok(counted(at, '..data'));
  assert.ok(counted(join(at, '..2026_01'), 'gwproxy.yaml'));
});

test('of a missing path the first missing part counts', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': '' });
  const counted = await counts({ files: [join(at, 'secrets', 'bot', '.env')], globs: [] });
  assert.ok(counted(at, 'secrets'));
  assert.ok(!counted(at, 'gwproxy.yaml'));
});

test('a cycle of links ends', async (t) => {
  const at = await folder(t, {});
  await symlink('b', join(at, 'a'));
  await symlink('a', join(at, 'b'));
  const counted = await counts({ files: [join(at, 'a')], globs: [] });
  assert.ok(counted(at, 'a') && counted(at, 'b'));
});

test('the files that a glob matches count, and its base folder', async (t) => {
  const at = await folder(t, { 'profiles/one.yaml': '' });
  const counted = await counts({ files: [], globs: [join(at, 'profiles', '*.yaml')] });
  assert.ok(counted(join(at, 'profiles'), 'two.yaml'));
  assert.ok(!counted(join(at, 'profiles'), 'two.yaml~'));
  assert.ok(!counted(join(at, 'profiles'), '.two.yaml'));
  assert.ok(counted(at, 'profiles'));
});

test('with a glob over folders new folders count, and matching files in each', async (t) => {
  const at = await folder(t, { 'bots/one/gwproxy.yaml': '', 'bots/notes.txt': '' });
  const counted = await counts({ files: [], globs: [join(at, 'bots', '*', 'gwproxy.yaml')] });
  assert.ok(counted(join(at, 'bots', 'one'), 'gwproxy.yaml'));
  assert.ok(!counted(join(at, 'bots', 'one'), 'state.db'));
  assert.ok(!counted(join(at, 'bots'), 'notes.txt'));
  await mkdir(join(at, 'bots', 'two'));
  assert.ok(counted(join(at, 'bots'), 'two'));
});

test('a glob with ** covers every folder up to the limit', async (t) => {
  const at = await folder(t, { 'bots/a/b/c.yaml': '', 'bots/.git/d.yaml': '' });
  const globs = [join(at, 'bots', '**', '*.yaml')];
  const counted = await counts({ files: [], globs });
  assert.ok(counted(join(at, 'bots'), 'new.yaml'));
  assert.ok(counted(join(at, 'bots', 'a', 'b'), 'c.yaml'));
  assert.ok(!counted(join(at, 'bots', '.git'), 'd.yaml'));
  for (let index = 0; index < 200; index += 1) await mkdir(join(at, 'bots', `n${index}`));
  const { places, cut } = await watchedFoldersOf({ files: [], globs });
  assert.equal(cut, true);
  assert.ok(places.length <= 202);
});

test('a missing base folder of a glob counts when it is created', async (t) => {
  const at = await folder(t, { 'gwproxy.yaml': '' });
  const counted = await counts({ files: [], globs: [join(at, 'profiles', '*.yaml')] });
  assert.ok(counted(at, 'profiles'));
  await writeFile(join(at, 'other'), '');
  assert.ok(!counted(at, 'other'));
});

test('globs are split at their first magic part', () => {
  assert.deepEqual(splitGlob('/a/b/*.yaml'), { base: '/a/b', segments: ['*.yaml'] });
  assert.deepEqual(splitGlob('/a/*/b/c.yaml'), { base: '/a', segments: ['*', 'b', 'c.yaml'] });
  assert.deepEqual(splitGlob('/*.yaml'), { base: '/', segments: ['*.yaml'] });
  assert.deepEqual(splitGlob('/a/{b,c/d}.yaml'), { base: '/a', segments: ['**', '*'] });
});

test('a name filter accepts names that it cannot judge', () => {
  assert.ok(nameFilter('*.yaml')('a.yaml'));
  assert.ok(!nameFilter('*.yaml')('ayaml'));
  assert.ok(nameFilter('bot-?.yaml')('bot-1.yaml'));
  assert.ok(!nameFilter('bot-?.yaml')('bot-12.yaml'));
  assert.ok(nameFilter('[ab].yaml')('c.yaml'));
  assert.ok(nameFilter('.*.yaml')('.a.yaml'));
});
