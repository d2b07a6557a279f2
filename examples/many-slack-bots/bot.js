// One program for several Slack apps: its name and its signing secret come from the environment.
import bolt from '@slack/bolt';

const { BOT_NAME, SLACK_SIGNING_SECRET, PORT } = process.env;

const app = new bolt.App({
  receiver: new bolt.HTTPReceiver({ signingSecret: SLACK_SIGNING_SECRET }),
  authorize: async () => ({ botToken: 'xoxb-invented', botId: 'B0AAAAAAA1', botUserId: 'U0AAAAAAA1' }),
});

app.event('app_mention', async ({ event }) => {
  console.log(`mentioned by ${event.user}: ${event.text}`);
});

app.command('/who', async ({ command, ack }) => {
  await ack(`${BOT_NAME} answers ${command.user_name}`);
});

await app.start({ host: '127.0.0.1', port: Number(PORT) });
