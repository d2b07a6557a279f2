// A usual Slack bot on Bolt. It needs no Slack account, since it never calls Slack's API.
import bolt from '@slack/bolt';

const receiver = new bolt.HTTPReceiver({ signingSecret: process.env.SLACK_SIGNING_SECRET });
const app = new bolt.App({
  receiver,
  authorize: async () => ({ botToken: 'xoxb-invented', botId: 'B0AAAAAAA1', botUserId: 'U0AAAAAAA1' }),
});

// With a real token the bot would answer here with say(…), which calls Slack's API.
app.event('app_mention', async ({ event }) => {
  console.log(`mentioned by ${event.user}: ${event.text}`);
});

app.command('/hello', async ({ command, ack }) => {
  console.log(`${command.command} from ${command.user_name}`);
  await ack(`slack-bot says hello to ${command.user_name}`);
});

await app.start({ host: '127.0.0.1', port: Number(process.env.PORT) });
