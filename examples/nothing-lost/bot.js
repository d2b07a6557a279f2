// A usual Slack bot on Bolt, which verifies every request itself. While the file BROKEN_WHILE exists, it fails to start.
import { existsSync } from 'node:fs';
import bolt from '@slack/bolt';

const { BROKEN_WHILE, PORT, SLACK_SIGNING_SECRET } = process.env;

if (existsSync(BROKEN_WHILE)) {
  console.log('this release is broken');
  process.exit(1);
}

const app = new bolt.App({
  receiver: new bolt.HTTPReceiver({ signingSecret: SLACK_SIGNING_SECRET }),
  authorize: async () => ({ botToken: 'xoxb-invented', botId: 'B0AAAAAAA1', botUserId: 'U0AAAAAAA1' }),
});

app.event('app_mention', async ({ event }) => {
  console.log(`mentioned by ${event.user}: ${event.text}`);
});

await app.start({ host: '127.0.0.1', port: Number(PORT) });
