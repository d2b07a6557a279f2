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
async function planOf(apps: readonly object[], scripts: Readonly<Record<string, string>> = {}) {
  const file = parseApps(apps);
  if (typeof file === 'string') throw new Error(file);
  const conversion = profilesOf(file, {
    machine: machine({ files: [join(FOLDER, 'bot.js')], texts: scripts }),
    atFile: null,
    environment: null,
    configFile: CONFIG,
  });
  const { config, envFiles } = configText(conversion, {
    configFile: CONFIG,
    pm2File: 'x.json',
    signal: 'SIGINT',
  });
  const texts = new Map([
    ...Object.entries(scripts),
    [CONFIG, config] as const,
    ...envFiles.map(({ path, text }) => [path, text] as const),
  ]);
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

/** Variables that name or prove a bot, and words of scripts, of every sender and both ways. */
const VARIABLES = [
  'SLACK_SIGNING_SECRET',
  'SLACK_APP_TOKEN',
  'SLACK_APP_ID',
  'MicrosoftAppId',
  'MICROSOFT_APP_ID',
  'CONNECTIONS__A__CLIENTID',
  'TELEGRAM_SECRET_TOKEN',
  'TELEGRAM_WEBHOOK_URL',
  'DISCORD_PUBLIC_KEY',
  'DISCORD_APP_ID',
  'LINE_CHANNEL_SECRET',
  'LINE_BOT_USER_ID',
  'TWILIO_ACCOUNT_SID',
  'TWILIO_AUTH_TOKEN',
  'GITHUB_WEBHOOK_SECRET',
  'GITHUB_APP_ID',
  'GITEA_WEBHOOK_SECRET',
  'WHATSAPP_PHONE_NUMBER_ID',
  'WHATSAPP_VERIFY_TOKEN',
  'META_APP_SECRET',
  'MESSENGER_VERIFY_TOKEN',
  'GRAPH_CLIENT_STATE',
  'LARK_APP_ID',
  'TUNNEL_TOKEN',
  'PORT',
];
const VALUES = [
  'A0AAAAAAA1',
  'A0AAAAAAA2',
  '00000000-0000-0000-0000-000000000001',
  '{00000000-0000-0000-0000-000000000001}',
  '100000000000000001',
  'AC00000000000000000000000000000001',
  'U00000000000000000000000000000001',
  'cli_a000000000000001',
  'ab'.repeat(32),
  'a secret, with $ and "',
  '3001',
  '',
];
const WORDS = [
  `require('@slack/bolt');`,
  'new App({ socketMode: true });',
  'new App({ socketMode });',
  `require('botbuilder');`,
  `require('grammy'); bot.start();`,
  'webhookCallback(bot);',
  `require('discord-interactions');`,
  `require('twilio'); new MessagingResponse();`,
  `require('dotenv').config();`,
  `require('./more');`,
  'http.createServer(f).listen(process.env.PORT || 3000);',
  'listen(process.env.PORT);',
];

test('whatever the apps show of themselves, the config is valid, and a route is an id that one of them has alone', async () => {
  const env = fc.dictionary(fc.constantFrom(...VARIABLES), fc.constantFrom(...VALUES), { maxKeys: 8 });
  const app = fc.record({ env, own: env, words: fc.array(fc.constantFrom(...WORDS), { maxLength: 5 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(app, { minLength: 1, maxLength: 3 }), async (written) => {
      const apps = written.map((one, index) => ({
        name: `bot-${index}`,
        script: 'x.js',
        cwd: `${index}`,
        env: one.env,
      }));
      const scripts = Object.fromEntries(
        written.flatMap(({ words, own }, index) => [
          [join(FOLDER, `${index}`, 'x.js'), words.join('\n')],
          [join(FOLDER, `${index}`, '.env'), envText(own)],
        ]),
      );
      const { plan, config } = await planOf(apps, scripts);
      const claimed = plan.routes.flatMap(({ profile, key }) =>
        key === null
          ? []
          : Object.entries(key.fields).map(([field, values]) => ({ profile, field, values, key })),
      );
      for (const { profile, values } of claimed) {
        const { env: own = {}, own: file = {} } = written[Number(profile.replace('bot-', ''))] ?? {};
        const has = [...Object.values(own), ...Object.values(file)].map((value) =>
          value.replace(/[{}]/g, ''),
        );
        assert.ok(
          values.every((value) => has.includes(bare(value))),
          `${profile}: ${values.join()}`,
        );
      }
      const identities = claimed.map(({ key, field, values }) =>
        JSON.stringify([key.platform, field, values.map(bare)]),
      );
      assert.equal(new Set(identities).size, identities.length, config);
      assert.doesNotMatch(config, /(?:routes|verify):.*a secret/);
    }),
    { numRuns: 60 },
  );
});

/** Of a GUID in braces the GUID itself, as the config reads it. */
function bare(value: string): string {
  return value.replace(/[{}]/g, '');
}

function envText(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
}
