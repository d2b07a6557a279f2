import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { realFiles } from '../../../src/config/source/files.ts';
import { plain } from '../../../src/config/source/yaml-tree.ts';
import { userPages } from '../../docs/markdown.ts';
import { root } from '../../support/root.ts';
import { folder } from '../folder.ts';
import { shopbot } from './support/shopbot.ts';

async function derive(home: string, options: ReadonlyMap<string, string> = new Map()) {
  const source = { file: join(home, 'gwproxy.yaml'), line: 3, column: 10 };
  const own = { kind: 'map', source, entries: new Map() } as const;
  const derived = await shopbot.derive({
    profile: 'till',
    source,
    options,
    own,
    env: new Map(),
    profilePaths: false,
    home,
    files: realFiles,
  });
  return { ...derived, fields: plain(derived.fields, () => false) };
}

test("the preset of docs/presets.md derives a profile's fields from the gateway's own file", async (t) => {
  const home = await folder(t, { '.shopbot/till.yaml': 'port: 18700\nslack: { team: T0AAAAAAA1 }\n' });
  const { fields, problems, files } = await derive(home);
  assert.deepEqual(problems, []);
  assert.deepEqual(files, [join(home, '.shopbot', 'till.yaml')]);
  assert.deepEqual(fields, {
    command: ['shopbot', 'serve', 'till'],
    listeners: { main: { port: 18700, health: '/health', paths: ['/slack/events'] } },
    routes: [{ slack: { team: 'T0AAAAAAA1' } }],
  });
});

test('its problems are where the mistake is, and none is thrown', async (t) => {
  const home = await folder(t, {
    '.shopbot/till.yaml': 'slack: {}\nport: soon\n',
    '.shopbot/bad.yaml': 'a: [\n',
  });
  const { problems } = await derive(home);
  assert.deepEqual(problems, [
    { file: join(home, '.shopbot', 'till.yaml'), line: 2, column: 7, message: 'port must be a number' },
  ]);
  const bad = await derive(home, new Map([['bot', 'bad']]));
  assert.equal(bad.problems[0]?.file, join(home, '.shopbot', 'bad.yaml'));
  const missing = await derive(home, new Map([['bot', 'none']]));
  assert.match(missing.problems[0]?.message ?? '', /none\.yaml cannot be read: no such file/);
});

test('docs/presets.md shows this preset as it is', () => {
  const page = userPages().find(({ path }) => path === join('docs', 'presets.md'));
  const shown = page?.blocks.find(({ info }) => info === 'ts')?.text;
  const code = readFileSync(join(root, 'test', 'config', 'presets', 'support', 'shopbot.ts'), 'utf8');
  const asInPlace = code
    .replaceAll('../../../../src/config/presets/', './')
    .replaceAll('../../../../src/config/', '../')
    .replaceAll('../../../../src/', '../../');
  assert.equal(`${shown}\n`, asInPlace);
});
