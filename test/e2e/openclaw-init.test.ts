import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { openClawMachine } from '../support/openclaw.ts';

function json(more: string, port = 18789): string {
  return `{ gateway: { mode: 'local', port: ${port}, trustedProxies: ['127.0.0.1'] },\n  ${more} }\n`;
}

test('OpenClaw profiles become a config of presets, with comments on each, and ports that are apart', async (t) => {
  const here = await openClawMachine(t, {
    default: json("channels: { telegram: { botToken: 'hush' } }"),
    'My.Ops': json(''),
    ops: json(
      "channels: { slack: { mode: 'http', signingSecret: 'hush' }, msteams: { appId: '00000000-0000-0000-0000-00000000000a' } }",
    ),
    To_Do: json(
      "hooks: { enabled: true }, channels: { telegram: { webhookUrl: 'https://bots.example.com/t', webhookSecret: 'hush' } }",
      18800,
    ),
  });
  const { code, stderr } = await runCli(['init', '-c', here.config, '--openclaw'], here.env);
  assert.equal(code, 0, stderr);
  assert.equal(
    await readFile(here.config, 'utf8'),
    `# OpenClaw's profiles behind one port. Ports, public paths and the secrets to verify by are read from each profile's
# own openclaw.json at every start; the comments say what they were when this was written.
# \`gwproxy validate\` shows what would run, \`gwproxy up\` runs it.
listen: 127.0.0.1:3979 # 3978 belongs to a profile below
# public_url: https://bots.example.com
profile_paths: true # /p/<profile>/… reaches that profile, where a webhook does not name one

profiles:
  default:
    preset: openclaw
    # no webhooks: it is probed, and nothing of it is public
  to-do:
    preset: { openclaw: { profile: "To_Do" } }
    # Its own port 18800 is less than 120 from another's. For OpenClaw's own commands run:
    # openclaw --profile To_Do config set gateway.port 18920
    listeners: { gateway: { port: 18920 } }
    # telegram: public as /telegram-webhook, for telegram secret_token its webhookSecret
    # hooks: public as /p/to-do/hooks
  ops:
    preset: openclaw
    # Its own port 18789 is less than 120 from another's. For OpenClaw's own commands run:
    # openclaw --profile ops config set gateway.port 19149
    listeners: { gateway: { port: 19149 } }
    # slack: public as /p/ops/slack/events; for one URL for all bots write routes: [{ slack: { team: T… } }]
    # msteams: public as /api/messages, for bot_framework app 00000000-0000-0000-0000-00000000000a
`,
  );
});

test('folders of profiles may be named, and are run by their state folder', async (t) => {
  const here = await openClawMachine(t, {});
  await here.write('srv/bots/support/openclaw.json', json(''));
  await here.write('other/.openclaw-ops/openclaw.json', json('', 19029));
  const folders = [join(here.at, 'srv/bots/support'), join(here.at, 'other')];
  const { code, stderr } = await runCli(['init', '-c', here.config, '--openclaw', ...folders], here.env);
  assert.equal(code, 0, stderr);
  const text = await readFile(here.config, 'utf8');
  assert.ok(
    text.includes(`  support:\n    preset: openclaw\n    env: { OPENCLAW_STATE_DIR: "${folders[0]}" }`),
    text,
  );
  assert.ok(
    text.includes(
      `  ops:\n    preset: openclaw\n    env: { OPENCLAW_STATE_DIR: "${folders[1]}/.openclaw-ops" }`,
    ),
    text,
  );
  const validated = await runCli(['validate', '-c', here.config], here.env);
  assert.equal(validated.code, 0, validated.stderr);
});

test('what a profile lacks to start is printed with its command, and nothing is written', async (t) => {
  const here = await openClawMachine(t, { support: '{ gateway: { port: 18789 } }' });
  const { code, stderr } = await runCli(['init', '-c', here.config, '--openclaw'], here.env);
  assert.equal(code, 78);
  assert.match(stderr, /run `openclaw --profile support config set gateway\.mode local`/);
  await assert.rejects(readFile(here.config), /ENOENT/);
});

test('a folder without a profile is an error, and so are two sources at once', async (t) => {
  const here = await openClawMachine(t, {});
  const none = await runCli(['init', '-c', here.config, '--openclaw'], here.env);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /no OpenClaw profile in \S+home: no openclaw\.json there/);
  const both = await runCli(['init', '-c', here.config, '--openclaw', '--hermes'], here.env);
  assert.equal(both.code, 2);
  assert.match(both.stderr, /--hermes and --openclaw each write a config of their own: use one of them/);
});
