// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the config's own syntax.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConvertedProfile, profilesOf } from '../../../../src/cli/pm2/app-to-profile.ts';
import { parseApps } from '../../../../src/cli/pm2/source/ecosystem-file.ts';
import { FOLDER, machine } from '../fake-machine.ts';

const APP = '00000000-0000-0000-0000-000000000001';
const SECRETS = { env: { SLACK_SIGNING_SECRET: 'invented', SLACK_BOT_TOKEN: 'invented' } };

/** Converts apps that all run bot.js of that text, in folders of their own where `texts` says so. */
function converted(
  apps: readonly object[],
  texts: Readonly<Record<string, string>>,
): readonly ConvertedProfile[] {
  const file = parseApps(apps.map((app, index) => ({ name: `bot-${index}`, script: 'bot.js', ...app })));
  if (typeof file === 'string') throw new Error(file);
  const at = Object.fromEntries(Object.entries(texts).map(([name, text]) => [`${FOLDER}/${name}`, text]));
  const programs = {
    node: '/usr/bin/node',
    npm: '/usr/bin/npm',
    python3: '/usr/bin/python3',
    bash: '/usr/bin/bash',
    ssh: '/usr/bin/ssh',
    bun: '/usr/bin/bun',
  };
  const on = machine({ texts: at, programs });
  const options = { machine: on, atFile: null, environment: null, configFile: `${FOLDER}/gwproxy.yaml` };
  const { profiles, leftOut } = profilesOf(file, options);
  assert.deepEqual(leftOut, []);
  return profiles;
}

function one(app: object, script: string, more: Readonly<Record<string, string>> = {}): ConvertedProfile {
  const [profile] = converted([app], { 'bot.js': script, ...more });
  if (profile === undefined) throw new Error('no profile');
  return profile;
}

function texts({ notes }: ConvertedProfile): readonly string[] {
  return notes.map(({ field, text }) => `${field}: ${text}`);
}

const BOLT = `const { App } = require('@slack/bolt');`;
const HTTP = `${BOLT} new App({ signingSecret }); app.start(process.env.PORT || 3000);`;

test('a Slack bot over HTTP is verified by its own secret, and its route is left to the operator', () => {
  const bot = one(SECRETS, HTTP);
  assert.deepEqual(bot.fields, {
    listeners: { main: { port: 3000 } },
    verify: { slack: { signing_secret: '${SLACK_SIGNING_SECRET}' } },
  });
  assert.deepEqual(bot.toComplete, ['routes: [{ slack: { team: T…, app: A… } }]']);
  assert.deepEqual([bot.isPublic, bot.isRouted, bot.ownEnvFile], [true, false, null]);
  assert.equal(bot.notes.length, 1);
  assert.match(
    texts(bot)[0] ?? '',
    /^slack: Fill in its route: team is the T… .* app the App ID .*`gwproxy unmatched` prints\.$/,
  );
});

test('an id that the app has is its route, as a value or by the name of its variable', () => {
  const slack = one({ env: { ...SECRETS.env, SLACK_APP_ID: 'A0AAAAAAA1' } }, HTTP);
  assert.deepEqual(slack.fields['routes'], [{ slack: { app: 'A0AAAAAAA1' } }]);
  assert.deepEqual([slack.toComplete, slack.notes, slack.isRouted], [[], [], true]);

  const teams = one({ env: { MicrosoftAppId: APP, PORT: 3978 } }, `require('botbuilder')`);
  assert.deepEqual(teams.fields, {
    listeners: { main: { port: 3978 } },
    routes: [{ bot_framework: { app: APP } }],
    verify: { bot_framework: true },
  });
  const whatsapp = one(
    {
      env: {
        WHATSAPP_PHONE_NUMBER_ID: 100000000000001,
        WHATSAPP_VERIFY_TOKEN: 'x',
        META_APP_SECRET: 'x',
        PORT: 1,
      },
    },
    `require('express')`,
  );
  assert.deepEqual(whatsapp.fields['routes'], [
    { whatsapp: { phone_number: '100000000000001' } },
    { whatsapp: { verify_token: '${WHATSAPP_VERIFY_TOKEN}' } },
  ]);
  assert.deepEqual(whatsapp.fields['verify'], { meta: { app_secret: '${META_APP_SECRET}' } });
});

test('an id of another shape, or with two values, is no route', () => {
  for (const env of [
    { MicrosoftAppId: 'to be filled in' },
    { MICROSOFT_APP_ID: APP, MicrosoftAppId: APP.replace('1', '2') },
  ]) {
    const bot = one({ env: { PORT: 3978, ...env } }, `require('botbuilder')`);
    assert.deepEqual(bot.fields, { listeners: { main: { port: 3978 } } });
    assert.deepEqual(bot.toComplete, [
      'routes: [{ bot_framework: { app: 00000000-… } }]',
      'verify: { bot_framework: true }',
    ]);
  }
});

test('what two apps claim is a route of neither', () => {
  const app = (env: object) => ({ env: { MicrosoftAppId: APP, ...env } });
  const bots = converted([app({ PORT: 1 }), app({ PORT: 2, MicrosoftAppId: APP.toUpperCase() })], {
    'bot.js': `require('botbuilder')`,
  });
  for (const bot of bots) {
    assert.deepEqual(Object.keys(bot.fields), ['listeners']);
    assert.match(
      texts(bot)[0] ?? '',
      /^bot_framework: MicrosoftAppId is the same for another app, so neither gets a route by it\. Fill in its route: /,
    );
  }
});

test('a job with the ids of a bot takes no route from it, and has none', () => {
  const app = { env: { MicrosoftAppId: APP, PORT: 1 } };
  const job = { ...app, cron_restart: '0 4 * * *', autorestart: false };
  const [bot, nightly] = converted([app, job], { 'bot.js': `require('botbuilder')` });
  assert.deepEqual(bot?.fields['routes'], [{ bot_framework: { app: APP } }]);
  assert.deepEqual(Object.keys(nightly?.fields ?? {}), ['run']);
});

test('a bot that connects by itself has no listener, and keeps its PORT', () => {
  const socket = one(
    { env: { SLACK_APP_TOKEN: 'x', PORT: 3001 } },
    `${BOLT} new App({ socketMode: true, appToken })`,
  );
  assert.deepEqual([socket.fields, socket.port, socket.isPublic], [{ listeners: 'none' }, null, false]);
  assert.equal(socket.variables.plain.get('PORT'), '3001');
  assert.deepEqual(texts(socket), [
    'slack: It connects by itself (Socket Mode, @slack/bolt, SLACK_APP_TOKEN), and needs neither a listener nor a route.',
    'PORT: 3001 is passed on; if the bot also serves HTTP there, write `listeners: { main: { port: 3001 } }` in place of `listeners: none`',
  ]);
  const polling = one({}, `const { Bot } = require('grammy'); bot.start();`);
  assert.deepEqual(polling.fields, { listeners: 'none' });
});

test('a bot that connects by itself and serves HTTP on a port of its own has that listener, and no route', () => {
  const bot = one(
    { env: { PORT: 3001 } },
    `require('grammy'); bot.start(); http.createServer(x).listen(process.env.PORT)`,
  );
  assert.deepEqual(bot.fields, { listeners: { main: { port: 3001 } } });
});

test('where either is possible, nothing is routed and nothing is restarted for want of a listener', () => {
  const bot = one(
    { env: { ...SECRETS.env, PORT: 3001 } },
    `${BOLT} new App({ socketMode: isDev, signingSecret })`,
  );
  assert.deepEqual(bot.fields, { listeners: 'none' });
  assert.deepEqual(bot.toComplete, [
    'routes: [{ slack: { team: T…, app: A… } }]',
    'verify: { slack: { signing_secret: "${SLACK_SIGNING_SECRET}" } }',
  ]);
  assert.match(
    texts(bot)[0] ?? '',
    /^slack: It may be called over HTTP or connect by itself \(Socket Mode\): @slack\/bolt, SLACK_SIGNING_SECRET can mean both\. /,
  );
});

test('a bot that is called on a port that nobody names runs without a listener until the operator names it', () => {
  const bot = one(SECRETS, `${BOLT} new App({ signingSecret }); app.start(settings.port);`);
  assert.deepEqual([bot.fields, bot.isPublic], [{ listeners: 'none' }, false]);
  assert.match(
    texts(bot)[0] ?? '',
    /^slack: It is called over HTTP .* on a port that neither pm2's file nor its script names\. .* write `listeners: \{ main: \{ port: N \} \}` in place/,
  );
});

test('a script with two ports names none', () => {
  const bot = one(SECRETS, `${BOLT} new App({}); metrics.listen(9100); app.start(3006)`);
  assert.deepEqual(bot.fields, { listeners: 'none' });
});

test('several senders that are open share one line of each field', () => {
  const packages = JSON.stringify({ dependencies: { '@slack/bolt': '4', grammy: '1' } });
  const bot = one({}, `require('./app')`, { 'package.json': packages });
  assert.deepEqual(bot.toComplete, [
    'routes: [{ slack: { team: T…, app: A… } }, { telegram: { secret_token: … } }]',
    'verify: { slack: { signing_secret: "${NAME}" }, telegram: { secret_token: "${NAME}" } }',
  ]);
  assert.match(
    texts(bot)[0] ?? '',
    /^slack: Its list of packages names @slack\/bolt beside those of other senders, so/,
  );

  const env = { GITHUB_WEBHOOK_SECRET: 'x', MicrosoftAppId: APP, PORT: 3001 };
  const half = one({ env }, `require('botbuilder')`);
  assert.deepEqual(half.toComplete, ['and in routes: [{ github: { repository: OWNER/NAME } }]']);
  assert.equal(half.isRouted, false);
});

test("a bot's own .env is the env_file of what is to be completed, too", () => {
  const files = { '.env': 'SLACK_SIGNING_SECRET=invented\n' };
  const bot = one({}, `require('dotenv').config(); ${BOLT} new App({ socketMode: isDev })`, files);
  assert.deepEqual([bot.fields, bot.ownEnvFile], [{ listeners: 'none' }, `${FOLDER}/.env`]);
});

test('the port that a script takes without PORT stays its port', () => {
  for (const [script, port] of [
    [`${BOLT} new App({}); app.start(process.env.PORT ?? '3005')`, 3005],
    [`${BOLT} new App({}); app.start(Number(process.env.PORT) || 3005)`, 3005],
    [`${BOLT} new App({}); app.start(process.env.port || process.env.PORT || 3978)`, 3978],
    [`${BOLT} new App({}); const { PORT = 3005 } = process.env; app.start(PORT)`, 3005],
    [`require('@microsoft/agents-hosting-express').startServer(agent)`, 3978],
    [`${BOLT} new App({}); app.start(process.env.PORT)`, null],
    [`${BOLT} new App({}); app.start(3006)`, 3006],
    [`${BOLT} new App({}); app.start({ host: '::', port: 3006 })`, 3006],
    [`${BOLT} new App({}); app.start(process.env.PORT || 99999)`, null],
    [`${BOLT} new App({}); poller.start(5000); app.start(cfg.port); process.env.PORT`, null],
  ] as const) {
    const bot = one({}, script);
    assert.deepEqual([bot.port, bot.isPublic], [port, true], script);
  }
  const [first, second] = converted([{}, {}], { 'bot.js': HTTP });
  assert.deepEqual([first?.port, second?.port, second?.fields['listeners']], [3000, null, undefined]);
});

test('a function of the app itself says nothing of a port, and a port beside another says nothing either', () => {
  for (const [script, port] of [
    [
      `require('@microsoft/agents-hosting-express'); function startServer() { app.listen(3999) } startServer()`,
      3999,
    ],
    [`require('botbuilder'); async function startServer() { app.listen(3999) } startServer()`, 3999],
    [`${BOLT} new App({}); poller.start(5000); app.start(cfg.port)`, null],
  ] as const) {
    assert.equal(one({}, script).port, port, script);
  }
});

test('ports of Python scripts are read as well', () => {
  for (const text of [
    'int(os.environ.get("PORT", 8080))',
    'int(os.getenv("PORT", "8080"))',
    "os.environ.get('PORT') or 8080",
    'config("PORT", default=8080, cast=int)',
    '8080',
  ]) {
    const app = { script: 'bot.py', env: SECRETS.env };
    const bot = one(app, '', { 'bot.py': `from slack_bolt import App\nApp().start(port=${text})` });
    assert.equal(bot.port, 8080, text);
  }
});

test("variables in the bot's own .env are known by name, and the file becomes the env_file", () => {
  const env = 'SLACK_SIGNING_SECRET=invented\nPORT=3007\n';
  const bot = one({}, `require('dotenv').config(); ${HTTP}`, { '.env': env });
  assert.deepEqual(bot.fields, {
    listeners: { main: { port: 3007 } },
    verify: { slack: { signing_secret: '${SLACK_SIGNING_SECRET}' } },
  });
  assert.equal(bot.ownEnvFile, `${FOLDER}/.env`);
  for (const app of [
    { node_args: '--env-file=.env' },
    { node_args: '-r dotenv/config' },
    { env_file: '.env' },
  ]) {
    assert.equal(one(app, HTTP, { '.env': env }).ownEnvFile, `${FOLDER}/.env`);
  }
  const unread = one({}, HTTP, { '.env': env });
  assert.deepEqual([unread.ownEnvFile, unread.port], [null, 3000], 'nothing says that the bot reads it');
});

test("a bot's own .env counts beside secrets in pm2's file", () => {
  const files = { '.env': 'SLACK_SIGNING_SECRET=invented\n' };
  const env = { PORT: 3001, OTHER_API_KEY: 'invented' };
  const bot = one({ env }, `require('dotenv').config(); ${HTTP}`, files);
  assert.deepEqual(
    [bot.ownEnvFile, [...bot.variables.secret.keys()], bot.fields['verify']],
    [`${FOLDER}/.env`, ['OTHER_API_KEY'], { slack: { signing_secret: '${SLACK_SIGNING_SECRET}' } }],
  );
});

test('a .env that gwproxy would read otherwise than the bot is left to the bot', () => {
  const secret = 'SLACK_SIGNING_SECRET=invented\n';
  for (const env of [
    `${secret}A=$B`,
    `${secret}PATH=/bin`,
    `${secret}NODE_OPTIONS=--x`,
    `${secret}no assignment`,
    `${secret}DB_PASSWORD=abc#def`,
    `${secret}DB_PASSWORD="abc\\ndef"`,
  ]) {
    const bot = one({ env: { PORT: 3001 } }, `require('dotenv').config(); ${HTTP}`, { '.env': env });
    assert.deepEqual([bot.ownEnvFile, bot.fields], [null, { listeners: { main: { port: 3001 } } }], env);
    assert.match(
      texts(bot)[0] ?? '',
      / For verify put the Signing Secret .* into its env_file, and name the variable\.$/,
    );
  }
});

test('a .env beside which the bot may read other files is left to the bot, and no value of it is used', () => {
  const env = 'SLACK_SIGNING_SECRET=invented\nSLACK_APP_ID=A0AAAAAAA1\nPORT=3007\n';
  const dotenv = `require('dotenv').config(); ${HTTP}`;
  const cases: readonly (readonly [string, object, string, Readonly<Record<string, string>>])[] = [
    ['two --env-file', { node_args: '--env-file=.env --env-file=b.env' }, HTTP, { 'b.env': 'B=1' }],
    ['.env.local', {}, dotenv, { '.env.local': '' }],
    ['.env.NODE_ENV', { env: { NODE_ENV: 'staging' } }, dotenv, { '.env.staging': '' }],
    ['.env.*.local', {}, dotenv, { '.env.production.local': '' }],
    ['dotenv-flow', {}, `require('dotenv-flow').config(); ${HTTP}`, {}],
    ['dotenvx', {}, `require('@dotenvx/dotenvx').config(); ${HTTP}`, {}],
    ['a list of paths', {}, `require('dotenv').config({ path: ['.env.a', '.env'] }); ${HTTP}`, {}],
    ['another path', {}, `require('dotenv').config(options('../.env')); ${HTTP}`, {}],
    ['a path by a variable', { env: { DOTENV_CONFIG_PATH: 'b.env' } }, dotenv, {}],
    ['values that beat the environment', {}, `require('dotenv').config({ override: true }); ${HTTP}`, {}],
    ['bun', { interpreter: 'bun' }, HTTP, {}],
  ];
  for (const [what, app, script, more] of cases) {
    const bot = one(app, script, { '.env': env, ...more });
    assert.deepEqual([bot.ownEnvFile, bot.port, bot.fields], [null, null, { listeners: 'none' }], what);
    assert.ok(!JSON.stringify([bot.toComplete, bot.notes]).includes('A0AAAAAAA1'), what);
  }
  for (const script of [dotenv, `require('dotenv').config(); read('.env'); ${HTTP}`]) {
    assert.equal(one({}, script, { '.env': `${env}A="b#c" # d\nB=b #c\n` }).ownEnvFile, `${FOLDER}/.env`);
  }
  const other = one({ node_args: '--env-file=a.env' }, dotenv, { '.env': env, 'a.env': env });
  assert.equal(other.ownEnvFile, null, 'the option names one file, and dotenv reads another');
});

test('a script is found behind npm, uv, a module of Python and a shell', () => {
  const manifest = JSON.stringify({
    scripts: { start: 'node --import ./first.js src/bot.js' },
    dependencies: {},
  });
  const npm = { script: 'npm', args: 'start', interpreter: 'none' };
  const files = { 'package.json': manifest, 'first.js': `require('grammy')`, 'src/bot.js': HTTP };
  assert.equal(one(npm, '', files).port, 3000);
  const py = {
    'bots/slack.py': 'from slack_bolt import App\nimport os\nApp().start(int(os.getenv("PORT", 8081)))',
  };
  for (const app of [
    { script: 'python3 -m bots.slack' },
    { script: 'uvicorn bots.slack:app --host 0.0.0.0' },
    { script: 'uv run bots/slack.py' },
  ]) {
    assert.equal(one(app, '', py).port, 8081, app.script);
  }
});

test('a bundle is not read, since its text is its libraries’', () => {
  const bundle = `${BOLT} new App({ socketMode: true });${' '.repeat(256 * 1024)}`;
  const bot = one({ env: { ...SECRETS.env, PORT: 3001 } }, bundle);
  assert.deepEqual(bot.fields['listeners'], { main: { port: 3001 } }, 'its variables say that it is called');
});

test('Twilio’s verification waits for public_url', () => {
  const sid = 'AC00000000000000000000000000000001';
  const env = { PORT: 3001, TWILIO_ACCOUNT_SID: sid, TWILIO_AUTH_TOKEN: 'x' };
  const bot = one({ env }, `require('twilio').twiml.MessagingResponse`);
  assert.deepEqual(bot.fields, {
    listeners: { main: { port: 3001 } },
    routes: [{ twilio: { account: sid } }],
  });
  assert.deepEqual(bot.toComplete, ['verify: { twilio: { auth_token: "${TWILIO_AUTH_TOKEN}" } }']);
});

test('a tunnel by any of its programs has neither listener nor route', () => {
  for (const app of [
    { script: 'ssh', args: '-NT -R 80:localhost:3000 nokey@localhost.run', interpreter: 'none' },
    { script: 'npx localtunnel --port 3000' },
    { script: 'lt --port 3000' },
    { script: 'ngrok http 3000' },
    { script: 'sleep 1', env: { TUNNEL_TOKEN: 'x' } },
  ]) {
    const bot = one({ ...app, env: { PORT: 3000, ...('env' in app ? app.env : {}) } }, '');
    assert.deepEqual([bot.fields, bot.isPublic], [{ listeners: 'none' }, false], app.script);
    assert.match(texts(bot)[0] ?? '', /^null: is a tunnel \(.*\)\. gwproxy needs one for all bots: /);
  }
  for (const [app, script] of [
    [{ script: 'ssh', args: 'host run-bot', interpreter: 'none' }, ''],
    [{ env: { TUNNEL_TOKEN: 'x', PORT: 3000 } }, 'http.createServer(f)'],
  ] as const) {
    assert.ok(!texts(one(app, script)).some((text) => text.includes('tunnel')));
  }
});

test('WhatsApp and Messenger in one app are verified by the secrets of both', () => {
  const tokens = { WHATSAPP_VERIFY_TOKEN: 'a', MESSENGER_VERIFY_TOKEN: 'b', PORT: 1 };
  const both = { ...tokens, WHATSAPP_APP_SECRET: 'c', MESSENGER_APP_SECRET: 'd' };
  const verify = (env: object) => one({ env }, `require('express')`).fields['verify'];
  assert.deepEqual(verify(both), {
    meta: { app_secret: ['${WHATSAPP_APP_SECRET}', '${MESSENGER_APP_SECRET}'] },
  });
  assert.deepEqual(verify({ ...tokens, META_APP_SECRET: 'c' }), {
    meta: { app_secret: '${META_APP_SECRET}' },
  });
});

test('a secret whose name may mean another thing is left to the operator', () => {
  for (const [env, script, open, named] of [
    [
      { WEBHOOK_SECRET: 'x' },
      `require('probot')`,
      'github: { secret: "${WEBHOOK_SECRET}" }',
      'WEBHOOK_SECRET',
    ],
    [
      { APP_SECRET: 'x' },
      `require('whatsapp-cloud-api')`,
      'meta: { app_secret: "${APP_SECRET}" }',
      'APP_SECRET',
    ],
    [
      { TELEGRAM_WEBHOOK_SECRET: 'x' },
      `require('telegraf'); bot.launch({ webhook: { hookPath } })`,
      'telegram: { secret_token: "${TELEGRAM_WEBHOOK_SECRET}" }',
      'TELEGRAM_WEBHOOK_SECRET',
    ],
  ] as const) {
    const bot = one({ env: { ...env, PORT: 3001 } }, script);
    assert.deepEqual(bot.fields, { listeners: { main: { port: 3001 } } });
    assert.equal(bot.toComplete.at(-1), `verify: { ${open} }`);
    assert.ok(texts(bot)[0]?.includes(` Take its verify in if ${named} is `), texts(bot)[0]);
  }
  const env = { TELEGRAM_WEBHOOK_SECRET: 'x', PORT: 3001 };
  const said = one({ env }, `require('telegraf'); bot.launch({ webhook: { secretToken } })`);
  assert.deepEqual(said.fields['verify'], { telegram: { secret_token: '${TELEGRAM_WEBHOOK_SECRET}' } });
  assert.deepEqual(said.fields['routes'], [{ telegram: { secret_token: '${TELEGRAM_WEBHOOK_SECRET}' } }]);
});

test('of two secrets or ids with a suffix neither is written', () => {
  for (const second of ['LINE_CHANNEL_SECRET_2', 'LINE_CHANNEL_SECRET2', 'LINE_CHANNEL_SECRET_B']) {
    const bot = one({ env: { LINE_CHANNEL_SECRET: 'x', [second]: 'y', PORT: 3001 } }, '');
    assert.deepEqual(bot.fields, { listeners: { main: { port: 3001 } } }, second);
    assert.equal(bot.toComplete.at(-1), 'verify: { line: { channel_secret: "${NAME}" } }');
  }
  const slack = one(
    { env: { ...SECRETS.env, SLACK_APP_ID: 'A0AAAAAAA1', SLACK_APP_ID_2: 'A0AAAAAAA2' } },
    HTTP,
  );
  assert.equal(slack.fields['routes'], undefined);
});

test('an id is a route of neither app, also if one of them may not use its own', () => {
  const id = 'SLACK_APP_ID=A0AAAAAAA1\n';
  const env = { ...SECRETS.env, PORT: 1 };
  const unsafe = converted(
    [{ env: { ...env, SLACK_APP_ID: 'A0AAAAAAA1' } }, { script: 'b.js', env: { ...env, PORT: 2 } }],
    {
      'bot.js': HTTP,
      'b.js': `require('dotenv').config(); ${HTTP}`,
      '.env': `${id}A=$B\n`,
    },
  );
  const both = { ...env, SLACK_APP_ID: 'A0AAAAAAA1' };
  const unsure = converted([{ env: both }, { script: 'b.js', env: { ...both, PORT: 2 } }], {
    'bot.js': HTTP,
    'b.js': `${BOLT} new App({ socketMode: isDev })`,
  });
  for (const bots of [unsafe, unsure])
    assert.deepEqual(
      bots.map(({ fields }) => fields['routes']),
      [undefined, undefined],
    );
});
