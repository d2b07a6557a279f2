// Sends what Slack and Microsoft would send to the one public port, and says which bot answered.
// usage: node send.js [http://127.0.0.1:3978]
import { activity, slackCommand, slackMention, tampered } from './requests.js';

const url = process.argv[2] ?? `http://127.0.0.1:${process.env.GWPROXY_PORT ?? 3978}`;

/** `check` describes the expected answer in words, and returns undefined for any other answer. */
async function send(title, request, check) {
  console.log(title);
  const response = await fetch(url + request.path, {
    method: 'POST',
    headers: request.headers,
    body: request.body,
    signal: AbortSignal.timeout(15_000),
  });
  const text = await response.text();
  const description = check(response.status, text, response.headers.has('Proxy-Status'));
  if (description === undefined) throw new Error(`unexpected answer: ${response.status} ${text}`);
  console.log(`    ${response.status} ${description}`);
}

try {
  await send('Slack event, signed: someone mentions the bot', slackMention('hello'), (status) =>
    status === 200 ? "accepted (slack-bot's output shows what it read)" : undefined,
  );
  await send('Slack command, signed: /hello', slackCommand('/hello', 'ada'), (status, text) =>
    status === 200 && text.startsWith('slack-bot') ? text : undefined,
  );
  await send(
    'Slack event with one byte changed on its way',
    tampered(slackMention('hello')),
    (status, _text, byGwproxy) =>
      status === 401 && !byGwproxy ? 'slack-bot refused it, since the signature is wrong now' : undefined,
  );
  await send('Teams message: good morning', activity('good morning'), (status, text) =>
    status === 200 ? JSON.parse(text).activities[0].text : undefined,
  );
  await send(
    'Teams message to an app that no bot here claims',
    activity('anyone?', '00000000-0000-0000-0000-0000000000ff'),
    (status, _text, byGwproxy) =>
      status === 404 && byGwproxy ? 'gwproxy refused it, and no bot saw it' : undefined,
  );
} catch (error) {
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  console.error(`${error.message}${cause} (${url})`);
  process.exitCode = 1;
}
