import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AppFacts, AppVariable } from '../../../../src/cli/pm2/facts/app-facts.ts';
import { type Language, readScript } from '../../../../src/cli/pm2/facts/script-imports.ts';
import { recognise } from '../../../../src/cli/pm2/senders/recognise.ts';

interface Given {
  readonly env?: readonly string[];
  /** Variables that may be of the shell that pm2 was started in. */
  readonly shell?: readonly string[];
  readonly js?: string;
  readonly py?: string;
  readonly packages?: readonly string[];
}

function facts({ env = [], shell = [], js, py, packages = [] }: Given): AppFacts {
  const variable = (place: AppVariable['place']) => (name: string) => [name, { value: 'x', place }] as const;
  const [source, language]: readonly [string | undefined, Language] =
    py === undefined ? [js, 'javascript'] : [py, 'python'];
  return {
    words: [],
    variables: new Map([...shell.map(variable('shell')), ...env.map(variable('secrets'))]),
    script: source === undefined ? null : readScript(source, language, (module) => module === 'handlers'),
    packages: new Set(packages),
  };
}

const BOLT = `import { App } from '@slack/bolt';\n`;
const GRAMMY = `import { Bot } from 'grammy';\n`;

const CASES: readonly (readonly [string, Given, readonly string[]])[] = [
  // Slack
  ['Bolt over HTTP', { js: `${BOLT}new App({ signingSecret });` }, ['Slack webhook']],
  [
    'Bolt in Socket Mode',
    { js: `${BOLT}new App({ appToken, signingSecret, socketMode: true });` },
    ['Slack connection'],
  ],
  [
    'Socket Mode off',
    { js: `${BOLT}new App({ appToken, socketMode: false });`, env: ['SLACK_APP_TOKEN'] },
    ['Slack webhook'],
  ],
  [
    'Socket Mode by a switch',
    { js: `${BOLT}new App({ socketMode: process.env.DEV === '1' });`, env: ['SLACK_SIGNING_SECRET'] },
    ['Slack unsure'],
  ],
  [
    'Socket Mode by a variable of that name',
    { js: `${BOLT}new App({ token, socketMode });` },
    ['Slack unsure'],
  ],
  [
    'Socket Mode in a comment',
    { js: `${BOLT}new App({ signingSecret /*, socketMode: true */ });` },
    ['Slack webhook'],
  ],
  ['both receivers', { js: `${BOLT}new ExpressReceiver(); new SocketModeReceiver();` }, ['Slack unsure']],
  [
    'compiled Bolt',
    { js: `const bolt_1 = require("@slack/bolt"); require("./handlers"); new bolt_1.App({ signingSecret })` },
    ['Slack webhook'],
  ],
  [
    'an App elsewhere, and a signing secret',
    { js: `${BOLT}import './app.js'`, env: ['SLACK_SIGNING_SECRET'] },
    ['Slack webhook'],
  ],
  [
    'an App elsewhere, and an app token',
    { js: `${BOLT}import './app.js'`, env: ['SLACK_APP_TOKEN'] },
    ['Slack connection'],
  ],
  [
    'an App elsewhere, and both',
    { js: `${BOLT}import './app.js'`, env: ['SLACK_APP_TOKEN', 'SLACK_SIGNING_SECRET'] },
    ['Slack unsure'],
  ],
  ['no script, and both', { env: ['SLACK_APP_TOKEN', 'SLACK_SIGNING_SECRET'] }, ['Slack unsure']],
  [
    'no script, and a signing secret with a prefix',
    { env: ['STANDUP_SLACK_SIGNING_SECRET'] },
    ['Slack webhook'],
  ],
  ['a bot token alone, which also those have that only post', { env: ['SLACK_BOT_TOKEN'] }, []],
  ['a signing secret that may be of the shell', { shell: ['SLACK_SIGNING_SECRET'] }, []],
  [
    'Bolt for Python over HTTP',
    { py: 'from slack_bolt import App\napp.start(port=3000)' },
    ['Slack webhook'],
  ],
  [
    'Bolt for Python in Socket Mode',
    {
      py: 'from slack_bolt import App\nfrom slack_bolt.adapter.socket_mode import SocketModeHandler\nSocketModeHandler(app, token).start()',
    },
    ['Slack connection'],
  ],
  // Telegram
  [
    'grammy, polling',
    { js: `${GRAMMY}await bot.api.deleteWebhook();\nbot.start();` },
    ['Telegram connection'],
  ],
  [
    'grammy, polling with options',
    { js: `${GRAMMY}bot.start({ drop_pending_updates: true });` },
    ['Telegram connection'],
  ],
  [
    'grammy by webhook',
    { js: `${GRAMMY}createServer(webhookCallback(bot, 'http', { secretToken }))` },
    ['Telegram webhook'],
  ],
  [
    'grammy, either',
    { js: `${GRAMMY}if (url) webhookCallback(bot); else bot.start();` },
    ['Telegram unsure'],
  ],
  [
    'grammy in other files',
    { js: `${GRAMMY}import './run.js'`, env: ['TELEGRAM_BOT_TOKEN'] },
    ['Telegram unsure'],
  ],
  ['grammy that only sends', { js: `${GRAMMY}await bot.api.sendMessage(1, 'x')` }, []],
  [
    'telegraf, polling',
    { js: `import { Telegraf } from 'telegraf'; bot.start((c) => c.reply('')); bot.launch()` },
    ['Telegram connection'],
  ],
  [
    'telegraf by webhook',
    { js: `import { Telegraf } from 'telegraf'; bot.launch({ webhook: { domain } })` },
    ['Telegram webhook'],
  ],
  [
    'node-telegram-bot-api',
    { js: `const T = require('node-telegram-bot-api'); new T(token, { polling: true })` },
    ['Telegram connection'],
  ],
  [
    'python-telegram-bot',
    { py: 'from telegram.ext import Application\napplication.run_polling()' },
    ['Telegram connection'],
  ],
  [
    'aiogram by webhook',
    { py: 'from aiogram.webhook.aiohttp_server import SimpleRequestHandler\nimport aiogram' },
    ['Telegram webhook'],
  ],
  ['a token of Telegram alone', { env: ['TELEGRAM_BOT_TOKEN'] }, []],
  // Others
  [
    'the Agents SDK',
    { js: `import { startServer } from '@microsoft/agents-hosting-express'` },
    ['Bot Framework webhook'],
  ],
  [
    'the Agents SDK in other files',
    { js: `require('@microsoft/agents-hosting'); require('./app')` },
    ['Bot Framework webhook'],
  ],
  ['an app id of Microsoft', { env: ['MicrosoftAppId'] }, ['Bot Framework webhook']],
  [
    'the Agents SDK of Python, by its connection',
    { env: ['CONNECTIONS__SERVICE_CONNECTION__SETTINGS__CLIENTID'] },
    ['Bot Framework webhook'],
  ],
  [
    "Discord's gateway",
    {
      js: `const { Client, GatewayIntentBits } = require('discord.js'); client.login(token)`,
      env: ['DISCORD_TOKEN'],
    },
    ['Discord connection'],
  ],
  [
    "Discord's interactions",
    { js: `import { verifyKeyMiddleware } from 'discord-interactions'`, env: ['DISCORD_PUBLIC_KEY'] },
    ['Discord webhook'],
  ],
  ['discord.py', { py: 'import discord\nclient.run(token)' }, ['Discord connection']],
  [
    'LINE',
    { js: `import * as line from '@line/bot-sdk'; app.post('/', line.middleware(config))` },
    ['LINE webhook'],
  ],
  ['LINE that only pushes', { js: `import * as line from '@line/bot-sdk'; client.pushMessage(x)` }, []],
  [
    'Twilio that answers',
    { js: `const twilio = require('twilio'); new twilio.twiml.MessagingResponse()` },
    ['Twilio webhook'],
  ],
  [
    'Twilio that only sends',
    { js: `const twilio = require('twilio'); client.messages.create(x)`, env: ['TWILIO_AUTH_TOKEN'] },
    [],
  ],
  ['GitHub', { js: `import { Webhooks } from '@octokit/webhooks'` }, ['GitHub webhook']],
  ['GitHub by its secret', { env: ['GITHUB_WEBHOOK_SECRET'] }, ['GitHub webhook']],
  ['Gitea by its secret', { env: ['GITEA_WEBHOOK_SECRET'] }, ['Gitea webhook']],
  [
    'WhatsApp by its verify token',
    { env: ['WHATSAPP_VERIFY_TOKEN', 'META_APP_SECRET'] },
    ['WhatsApp webhook'],
  ],
  [
    'Lark in long connection',
    { js: `import * as lark from '@larksuiteoapi/node-sdk'; new lark.WSClient(x)` },
    ['Lark connection'],
  ],
  [
    'a library that only connects',
    { js: `const { default: makeWASocket } = require('baileys')` },
    ['WhatsApp Web connection'],
  ],
  [
    'two senders',
    { js: `${BOLT}${GRAMMY}new App({ signingSecret }); bot.start();` },
    ['Slack webhook', 'Telegram connection'],
  ],
  // package.json
  [
    'package.json alone, of one sender',
    { js: `import './app.js'`, packages: ['grammy', 'express'] },
    ['Telegram unsure'],
  ],
  ['package.json of one sender that can only call', { packages: ['botbuilder'] }, ['Bot Framework webhook']],
  [
    'package.json of several bots',
    { packages: ['@slack/bolt', 'botbuilder'] },
    ['Slack unsure', 'Bot Framework unsure'],
  ],
  [
    'package.json of several bots, and a variable',
    { packages: ['@slack/bolt', 'botbuilder'], env: ['SLACK_APP_TOKEN'] },
    ['Slack connection'],
  ],
  [
    'package.json beside a script that was read whole',
    { js: `import http from 'node:http'`, packages: ['@slack/bolt'] },
    [],
  ],
  ['nothing', {}, []],
];

for (const [what, given, expected] of CASES) {
  test(`the sender of an app is recognised: ${what}`, () => {
    const found = recognise(facts(given)).map(({ row, way }) => `${row.title} ${way}`);
    assert.deepEqual(found, expected);
  });
}

test('what says so is named, each once', () => {
  const [found] = recognise(
    facts({ js: BOLT, packages: ['@slack/bolt'], env: ['SLACK_SIGNING_SECRET', 'SLACK_BOT_TOKEN'] }),
  );
  assert.deepEqual(found?.because, ['@slack/bolt', 'SLACK_SIGNING_SECRET']);
});
