// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the config's own syntax.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { profilesOf } from '../../../src/cli/pm2/app-to-profile.ts';
import { configText } from '../../../src/cli/pm2/config-text.ts';
import { parseApps } from '../../../src/cli/pm2/source/ecosystem-file.ts';
import { formatProblem, loadConfig } from '../../../src/config/load.ts';
import { type Files, realFiles } from '../../../src/config/source/files.ts';
import { launchOf } from '../../config/folder.ts';
import { FOLDER, machine } from './fake-machine.ts';

const CONFIG = join(FOLDER, 'gwproxy.yaml');

/** Writes the config of those apps and loads it, without a file system. */
async function planOf(apps: readonly object[]) {
  const file = parseApps(apps);
  if (typeof file === 'string') throw new Error(file);
  const conversion = profilesOf(file, {
    machine: machine({ files: [join(FOLDER, 'bot.js')] }),
    atFile: null,
    environment: null,
    configFile: CONFIG,
  });
  const { config, envFiles } = configText(conversion, {
    configFile: CONFIG,
    pm2File: 'x.json',
    signal: 'SIGINT',
  });
  const texts = new Map([[CONFIG, config], ...envFiles.map(({ path, text }) => [path, text] as const)]);
  const files: Files = {
    ...realFiles,
    read: (path) => Promise.resolve(texts.get(path) ?? ''),
    isFolder: () => Promise.resolve(true),
    program: () => Promise.resolve('runs'),
  };
  const loaded = await loadConfig(CONFIG, { env: { HOME: '/home/ada', PATH: '/bin' }, files });
  if (!loaded.ok) {
    throw new Error([...loaded.problems.map((problem) => formatProblem(problem, FOLDER)), config].join('\n'));
  }
  return { plan: loaded.plan, config, envFiles };
}

/** Texts with a special meaning in a shell, YAML, an env_file or the config. */
const awkward = fc
  .oneof(
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '~',
      '~/x',
      '$$',
      '$HOME',
      '${A}',
      '${A:-b}',
      '${port}',
      '- a',
      '# x',
      'a: b',
      '"',
      "'",
      '{',
      '[',
      '*',
      '&a',
      '!x',
      'true',
      'null',
      '0123',
      '1e3',
      '.5',
      '5s',
      ' a ',
      'a\nb',
      'a\r\nb',
      '\t',
      '\\',
      '\\n',
      '\u2028',
      '\u0085',
      '\ufeff',
      '',
    ),
  )
  .filter((text) => !text.includes('\0') && !/\p{Cs}/u.test(text));

const NAMES = fc.constantFrom('A', 'LONG_NAME', 'a.b', 'NO', 'API_TOKEN', 'DB_PASSWORD', 'x-y');

test('every argument and variable survives the config unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(awkward), fc.dictionary(NAMES, awkward), async (args, env) => {
      const { plan } = await planOf([{ name: 'bot', script: 'bot.js', args, env }]);
      const { argv, env: seen } = launchOf(plan, 'bot');
      assert.deepEqual(argv, ['node', 'bot.js', ...args]);
      const { HOME, PATH, ...own } = seen;
      assert.deepEqual(own, { ...env });
      assert.deepEqual([HOME, PATH], ['/home/ada', '/bin']);
    }),
    { numRuns: 60 },
  );
});

test('secrets are written to the env_file only, and control characters are removed', async () => {
  await fc.assert(
    fc.asyncProperty(awkward, async (value) => {
      const secret = `hush-${value}-hush`;
      const { config, envFiles } = await planOf([
        { name: `bot ${value}`, script: 'bot.js', [`x${value}`]: 1, watch: true, env: { API_TOKEN: secret } },
      ]);
      assert.ok(!config.includes('hush'));
      assert.deepEqual(
        envFiles.map(({ secret: own }) => own),
        [true],
      );
      assert.doesNotMatch(config, /[^\P{Cc}\n]/u);
    }),
    { numRuns: 25 },
  );
});

test('the public port is none of the apps’ ports', async () => {
  const { plan } = await planOf([
    { name: 'a', script: 'bot.js', env: { PORT: 3978 } },
    { name: 'b', script: 'bot.js', env: { PORT: 3979 } },
  ]);
  assert.equal(plan.listen.port, 3980);
  assert.deepEqual(
    plan.profiles.map(({ listeners, stop }) => [listeners[0]?.port, stop.signal]),
    [
      [3978, 'SIGINT'],
      [3979, 'SIGINT'],
    ],
  );
});
