// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the config's own syntax.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasSecretShape, isSecretName } from '../../src/util/secret.ts';

const SECRET_NAMES = [
  'SLACK_BOT_TOKEN',
  'SLACKTOKEN',
  'dbPassword',
  'DB_PASS',
  'DBPASS',
  'DB_PWD',
  'MYSQL_PWD',
  'MYSQLPWD',
  'GH_PAT',
  'GH_PAT2',
  'JWT',
  'JWT_KEYS',
  'GOOGLE_CREDS',
  'MY_CRED_JSON',
  'CREDENTIALS',
  'apiKey',
  'OPENAI_API_KEY',
  'APIKEY',
  'AUTH',
  'OAUTH2_CLIENT',
  'SIGNING_KEY',
  'SENTRY_DSN',
  'COOKIE',
  'SALT',
  'SLACK_WEBHOOK_URL',
  'PRIVATE_KEY',
];
const OTHER_NAMES = [
  'MONKEY',
  'AUTHOR',
  'COMPASS',
  'COMPASS_MODE',
  'DESIGN',
  'PATH',
  'PATTERN',
  'PWD',
  'OLDPWD',
  'KEYBOARD',
  'SACRED',
  'CREDIT',
  'NODE_ENV',
  'SIGNAL',
  'PUBLIC_KEY',
  'PRIVATE_KEY_FILE',
  'basalt',
  'keys_url',
];

test('what is a secret by its name', () => {
  assert.deepEqual(
    [...SECRET_NAMES, ...OTHER_NAMES].filter((name) => isSecretName(name)),
    SECRET_NAMES,
  );
});

const SECRET_TEXTS = [
  'xoxb-1-invented',
  'xoxp-1-invented',
  'xapp-1-A0-invented',
  'ghp_invented',
  'ghs_invented',
  'github_pat_invented',
  'sk-invented-0123',
  'Bearer eyJpbnZlbnRlZA.eyJpbnZlbnRlZA.invented',
  '-----BEGIN PRIVATE KEY-----\ninvented',
  'Server=db;User=bot;Password=invented',
  'host=db pwd=invented',
  'postgres://bot:invented@127.0.0.1/bots',
  'redis://:invented@127.0.0.1',
  '--token=xoxb-1-invented',
  // In pieces, so that no scanner takes them for secrets.
  `AKIA${'INVENTED'.repeat(2)}`,
  `AIza${'invented'.repeat(5)}`,
  `https://api.telegram.org/bot12345678:${'invented'.repeat(4)}/getMe`,
  `${'invented'.repeat(3)}.invent.${'invented'.repeat(4)}`,
  'Authorization: Basic aW52ZW50ZWQ6MQ==',
  'Authorization: bearer 0invented',
  `https://hooks.slack.com/${'services'}/T0/B0/invented`,
  'https://discord.com/api/webhooks/1/invented',
];
const OTHER_TEXTS = [
  'postgres://127.0.0.1/bots',
  'http://127.0.0.1:80/a@b',
  'postgres://bot:${DB_PASSWORD}@127.0.0.1/bots',
  'host=db password=${DB_PASSWORD}',
  'task-runner-of-many',
  'sk-SK',
  'disk-full-of-logs',
  'foxb-1',
  'eyJ',
  'nopassword',
  'compwd=x',
  'Basic authentication failed',
  'the Bearer token expired',
  'on 2026-11-29T21:20:47.123456789Z, 10:20:30',
  'gateway.example.internal.example.com',
];

test('what is a secret by its shape', () => {
  assert.deepEqual(
    [...SECRET_TEXTS, ...OTHER_TEXTS].filter((text) => hasSecretShape(text)),
    SECRET_TEXTS,
  );
});
