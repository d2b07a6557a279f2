import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { type Gwproxy, runCli, startGwproxy } from '../support/cli.ts';
import { fixture } from '../support/root.ts';

// Batches and bodies as long as their senders' own limits, and bodies made to cost time, at the built command line. They
// are sent by curl.

const MIB = 1024 * 1024;
const SECRET = 'invented-signing-secret';

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gwproxy-long-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function start(t: TestContext, name: string, limits = ''): Promise<Gwproxy> {
  const config = configFile(name, limits);
  const gwproxy = await startGwproxy(t, config);
  await gwproxy.ready('bot');
  return gwproxy;
}

function configFile(name: string, limits: string): string {
  const config = join(folder, `${name}.yaml`);
  writeFileSync(
    config,
    `listen: 127.0.0.1:0
${limits}
profiles:
  bot:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    verify: { slack: { signing_secret: ${SECRET} } }
    routes:
      - { path: /hooks, github: { repository: acme/site } }
      - { path: /events, whatsapp: { account: "100" } }
      - { path: /events, graph: { client_state: invented } }
      - { path: /events, line: { destination: U00000000000000000000000000000001 } }
      - { path: /events, slack: { team: T0INVENTED } }
`,
  );
  return config;
}

let files = 0;

/** The status, and the seconds that curl took. */
async function curl(
  url: string,
  body: Buffer | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly seconds: number }> {
  files += 1;
  const file = join(folder, `body-${files}`);
  writeFileSync(file, body);
  const sent = Object.entries({ 'Content-Type': 'application/json', Expect: '', ...headers });
  const { stdout } = await promisify(execFile)('curl', [
    ...['-s', '-o', '/dev/null', '-w', '%{http_code} %{time_total}', '--data-binary', `@${file}`],
    ...sent.flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    url,
  ]);
  rmSync(file);
  const [status, seconds] = stdout.split(' ').map(Number);
  return { status: status ?? 0, seconds: seconds ?? 0 };
}

const STATUS = (at: number) => ({
  id: `wamid.${'x'.repeat(80)}${at}`,
  status: 'delivered',
  timestamp: '1700000000',
  recipient_id: '15550100',
});
const METADATA = { display_phone_number: '15550101', phone_number_id: '200' };
const list = <Item>(count: number, item: (at: number) => Item): readonly Item[] =>
  Array.from({ length: count }, (_, at) => item(at));
const change = (values: object) => ({
  field: 'messages',
  value: { messaging_product: 'whatsapp', metadata: METADATA, ...values },
});
const whatsapp = (entry: readonly object[]) => JSON.stringify({ object: 'whatsapp_business_account', entry });

test('a batch of as many updates as its sender sends is delivered, whatever its shape', async (t) => {
  const { url } = await start(t, 'batches');
  const line = { 'X-Line-Signature': 'AAAA' };
  const batches: readonly (readonly [string, string, Readonly<Record<string, string>>?])[] = [
    [
      'WhatsApp, 700 entries of one status',
      whatsapp(list(700, (at) => ({ id: '100', changes: [change({ statuses: [STATUS(at)] })] }))),
    ],
    [
      'WhatsApp, 1000 entries of one status',
      whatsapp(list(1000, (at) => ({ id: '100', changes: [change({ statuses: [STATUS(at)] })] }))),
    ],
    [
      'WhatsApp, one entry of 1000 changes',
      whatsapp([{ id: '100', changes: list(1000, (at) => change({ statuses: [STATUS(at)] })) }]),
    ],
    [
      'WhatsApp, one change of 1000 messages',
      whatsapp([{ id: '100', changes: [change({ messages: list(1000, STATUS) })] }]),
    ],
    [
      'WhatsApp, 1000 changes of a message and a status',
      whatsapp([
        {
          id: '100',
          changes: list(1000, (at) => change({ messages: [STATUS(at)], statuses: [STATUS(at)] })),
        },
      ]),
    ],
    [
      'Graph, 1000 notifications',
      JSON.stringify({
        value: list(1000, (at) => ({
          id: `invented-${at}`,
          subscriptionId: '00000000-0000-0000-0000-00000000000a',
          clientState: 'invented',
          changeType: 'updated',
          resource: `users/${'0'.repeat(36)}/messages/${'A'.repeat(150)}`,
        })),
      }),
    ],
    [
      'LINE, 100 events',
      JSON.stringify({
        destination: 'U00000000000000000000000000000001',
        events: list(100, (at) => ({
          type: 'message',
          webhookEventId: `01INVENTED${at}`,
          source: { type: 'user', userId: 'U0' },
        })),
      }),
      line,
    ],
  ];
  for (const [name, body, headers] of batches) {
    assert.equal((await curl(`${url}/events`, body, headers)).status, 200, name);
  }
});

const GITHUB = { 'X-GitHub-Event': 'push', 'X-GitHub-Delivery': 'of-a-test', 'X-GitHub-Hook-ID': '101' };
const push = (size: number) =>
  JSON.stringify({ commits: 'x'.repeat(size), repository: { full_name: 'acme/site' } });

test('GitHub may send 25 MB where routes are for it, nobody else more than 4 MiB', async (t) => {
  const { url } = await start(t, 'sizes');
  assert.equal((await curl(`${url}/hooks`, push(24 * MIB), GITHUB)).status, 200);
  assert.equal((await curl(`${url}/hooks`, push(26 * MIB), GITHUB)).status, 413);
  assert.equal((await curl(`${url}/events`, push(5 * MIB), GITHUB)).status, 413, 'a path of others');
  assert.equal(
    (await curl(`${url}/hooks`, push(5 * MIB))).status,
    404,
    'without the mark, nobody asks for it',
  );
  assert.equal((await curl(`${url}/events`, push(5 * MIB))).status, 413, 'without the mark');
});

test('limits.body holds for every sender, and validate and doctor say who may send more', async (t) => {
  const limits = 'limits: { body: 8MiB }';
  const { url } = await start(t, 'limited', limits);
  assert.equal((await curl(`${url}/hooks`, push(7 * MIB), GITHUB)).status, 200);
  assert.equal((await curl(`${url}/hooks`, push(9 * MIB), GITHUB)).status, 413);
  const said = /bot: github sends bodies of up to 25MiB, and limits.body takes 8MiB/;
  const config = configFile('said', limits);
  const validated = await runCli(['validate', '-c', config]);
  assert.match(validated.stderr, said);
  assert.match(validated.stderr, /remove limits.body, or write limits: \{ body: 25MiB \}/);
  const doctor = await runCli(['doctor', '-c', config]);
  assert.match(doctor.stdout + doctor.stderr, said);
});

function filled(start: string, middle: string, end: string): Buffer {
  const times = Math.floor((4 * MIB - start.length - end.length) / middle.length);
  return Buffer.from(start + middle.repeat(times) + end);
}

/** Signed as Slack signs (docs.slack.dev/authentication/verifying-requests-from-slack). */
function event(url: string, at: number): ReturnType<typeof curl> {
  const body = JSON.stringify({
    type: 'event_callback',
    team_id: 'T0INVENTED',
    api_app_id: 'A0INVENTED',
    event_id: `Ev${at}`,
    event: { type: 'message', channel: 'C0', text: 'hello' },
  });
  const time = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', SECRET).update(`v0:${time}:${body}`).digest('hex');
  return curl(`${url}/events`, body, {
    'X-Slack-Request-Timestamp': time,
    'X-Slack-Signature': `v0=${signature}`,
  });
}

test('unsigned bodies made to cost time hold up no event', async (t) => {
  const { url } = await start(t, 'costly');
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const bodies: readonly (readonly [Buffer, Readonly<Record<string, string>>?])[] = [
    [filled('{"', '\\u0041', '":0}')],
    [filled('{', '"\\u0061":0,', '"a":0}')],
    [filled('', '&', ''), form],
    [filled('payload=%5B', '0%2C', '0%5D'), form],
  ];
  assert.equal((await event(url, 0)).status, 200);
  const costly = list(16, (at) => {
    const [body, headers] = bodies[at % bodies.length] ?? [Buffer.alloc(0)];
    return curl(`${url}/events`, body, headers);
  });
  const events = await Promise.all(list(8, (at) => event(url, at + 1)));
  for (const { status, seconds } of events) {
    assert.equal(status, 200);
    // It was 8.3 s.
    assert.ok(seconds < 3, `an event waited ${seconds} s`);
  }
  for (const { status } of await Promise.all(costly)) assert.ok(status >= 400 && status < 500, `${status}`);
});
