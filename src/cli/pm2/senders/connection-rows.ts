import type { Names, SenderRow } from './sender-row.ts';

const SECRET_TOKEN = /^[\w-]{1,256}$/;
/** Such a secret may also be a part of the path, which nothing but the script tells. */
const TOKEN_NAMES: Names = {
  variables: /(?!)/,
  ambiguous: {
    variables: /TELEGRAM\w*(?:SECRETTOKEN|WEBHOOKSECRET)$/,
    unless: /\bsecret_token\b|\bsecretToken\b/,
  },
};

/** The senders whose bots usually connect by themselves. */
export const CONNECTION_ROWS: readonly SenderRow[] = [
  {
    title: 'Telegram',
    packages: [
      'grammy',
      '@grammyjs/runner',
      'telegraf',
      'node-telegram-bot-api',
      'python-telegram-bot',
      'telegram',
      'aiogram',
      'pytelegrambotapi',
      'telebot',
    ],
    webhook: {
      variables: /TELEGRAM\w*(?:WEBHOOK|SECRETTOKEN)\w*$/,
      text: /\bwebhookCallback\b|\bcreateWebhook\b|\bsetWebhook\b|\bset_webhook\b|\brun_webhook\b|\bstart_webhook\b|\bweb[hH]ook\s{0,9}:|\bprocessUpdate\b|\bhandleUpdate\b|\bprocess_update\b|\bfeed_(?:raw_|webhook_)?update\b|\bSimpleRequestHandler\b/,
    },
    connection: {
      imports: ['@grammyjs/runner'],
      text: /\.start\s{0,9}\(\s{0,9}(?:\)|\{)|\.launch\s{0,9}\((?![^)]{0,200}\bwebhook\b)|\bpolling\s{0,9}:|\bstartPolling\b|\brun_polling\b|\bstart_polling\b|\binfinity_polling\b|\.polling\s{0,9}\(|\bgetUpdates\b|\bget_updates\b/,
    },
    usually: null,
    connectionName: 'polling',
    route: {
      platform: 'telegram',
      key: 'telegram',
      ids: [
        {
          field: 'secret_token',
          ...TOKEN_NAMES,
          looksLike: SECRET_TOKEN,
          isSecret: true,
        },
      ],
      example: 'telegram: { secret_token: … }',
      where: 'secret_token is what the bot gives to setWebhook, and no other bot may have the same',
    },
    verify: {
      entry: 'telegram',
      secret: {
        field: 'secret_token',
        ...TOKEN_NAMES,
        looksLike: SECRET_TOKEN,
        where: 'the secret_token that the bot gives to setWebhook',
      },
    },
  },
  {
    title: 'Discord',
    packages: [
      'discord.js',
      'eris',
      'oceanic.js',
      '@discordjs/ws',
      'discord-interactions',
      'slash-create',
      'discord',
      'discord-py',
      'py-cord',
      'nextcord',
      'disnake',
      'hikari',
    ],
    webhook: {
      variables: /DISCORD\w*PUBLICKEY$/,
      imports: ['discord-interactions', 'slash-create'],
      text: /\bverifyKey(?:Middleware)?\s{0,9}\(/,
    },
    connection: {
      imports: ['eris', 'oceanic.js', '@discordjs/ws', 'discord', 'nextcord', 'disnake', 'hikari'],
      text: /\.login\s{0,9}\(|\bGatewayIntentBits\b|\bWebSocketManager\b/,
    },
    usually: null,
    connectionName: "Discord's gateway",
    route: {
      platform: 'discord',
      key: 'discord',
      ids: [
        {
          field: 'application',
          variables: /^(?:\w*DISCORD\w*)?(?:APPLICATIONID|APPID|CLIENTID)$/,
          looksLike: /^\d{15,21}$/,
        },
      ],
      example: 'discord: { application: 1000… }',
      where: 'application is the Application ID: Discord Developer Portal, General Information',
    },
    verify: {
      entry: 'discord',
      secret: {
        field: 'public_key',
        variables: /(?:^|DISCORD\w*)PUBLICKEY$/,
        looksLike: /^[0-9a-f]{64}$/i,
        where: 'the Public Key: Discord Developer Portal, General Information',
      },
    },
  },
  {
    title: 'Lark',
    packages: ['@larksuiteoapi/node-sdk', 'lark-oapi', 'lark_oapi'],
    webhook: { text: /\badaptExpress\b|\badaptDefault\b|\badaptKoa\b/ },
    connection: { text: /\bWSClient\b|\bws\.Client\b/ },
    usually: null,
    connectionName: 'a long connection',
    route: {
      platform: 'lark',
      key: 'lark',
      ids: [{ field: 'app', variables: /(?:LARK|FEISHU)\w*APPID$/, looksLike: /^cli_\w{4,}$/ }],
      example: 'lark: { app: cli_… }',
      where:
        'app is the App ID: Developer Console, Credentials & Basic Info; with an Encrypt Key write a path instead',
    },
  },
  own('DingTalk', ['dingtalk-stream', 'dingtalk-stream-sdk-nodejs', 'dingtalk_stream'], 'stream mode'),
  own('WhatsApp Web', [
    'whatsapp-web.js',
    '@whiskeysockets/baileys',
    'baileys',
    'venom-bot',
    '@wppconnect-team/wppconnect',
  ]),
  own('Matrix', ['matrix-js-sdk', 'matrix-bot-sdk', 'matrix-nio', 'nio', 'simplematrixbotlib'], 'sync'),
  own('Twitch', ['tmi.js', 'twitchio', '@twurple/chat']),
  own('Mattermost', ['mattermost-client', 'mattermostdriver', 'mmpy-bot', 'mmpy_bot']),
  own('Telegram', ['telethon', 'pyrogram'], 'MTProto'),
  own('IRC', ['irc-framework', 'irc-upd', 'irc']),
];

/** A library that only connects by itself. */
function own(title: string, packages: readonly string[], connectionName = 'its library'): SenderRow {
  return {
    title,
    packages,
    webhook: {},
    connection: { imports: packages },
    usually: 'connection',
    connectionName,
  };
}
