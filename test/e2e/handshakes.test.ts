import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startGwproxy } from '../support/cli.ts';
import { type CurlRequest, curl } from '../support/curl.ts';
import { fixture } from '../support/root.ts';

// The request by which each sender tests a URL, as it sends it; sent by curl to the built command line.

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gwproxy-handshakes-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const json = (
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Omit<CurlRequest, 'target'> => ({
  headers: { 'Content-Type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
/** Graph's and SharePoint's: a POST without a body. */
const empty = { headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body: '' };
const form = (body: string) => ({ headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body });

/** What gwproxy itself answers, or 'bot' where the bot does. */
const HANDSHAKES: Readonly<Record<string, readonly [CurlRequest, string]>> = {
  Graph: [{ target: '/graph?validationToken=Invented%3a+token', ...empty }, '200 Invented: token'],
  SharePoint: [{ target: '/graph?validationtoken=invented-0001', ...empty }, '200 invented-0001'],
  'SharePoint, behind a query of its own': [
    { target: '/graph?bot=one&validationtoken=invented-0001', ...empty },
    '200 invented-0001',
  ],
  'Graph, in any case': [{ target: '/graph?ValidationToken=invented-0001', ...empty }, '200 invented-0001'],
  'Graph, in two cases': [{ target: '/graph?validationToken=a&validationtoken=b', ...empty }, '400'],
  'Slack’s events': [
    {
      target: '/slack/events',
      ...json({ type: 'url_verification', token: 't', challenge: 'abc' }, { 'X-Slack-Signature': 'v0=00' }),
    },
    '200 abc',
  ],
  'Slack’s certificate test': [{ target: '/slack/events', ...form('ssl_check=1&token=invented') }, '200 '],
  'Slack’s certificate test by GET': [{ target: '/slack/events?ssl_check=1&token=invented' }, '200 '],
  Lark: [
    { target: '/lark', ...json({ type: 'url_verification', token: 't', challenge: 'abc' }) },
    '200 {"challenge":"abc"}',
  ],
  Meta: [
    { target: '/meta?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=invented-word' },
    'bot',
  ],
  'Meta, with a token of no bot': [
    { target: '/meta?hub.mode=subscribe&hub.challenge=1&hub.verify_token=other' },
    '403 ',
  ],
  Discord: [
    {
      target: '/discord',
      ...json(
        { type: 1, application_id: '100000000000000001' },
        { 'X-Signature-Ed25519': '00', 'X-Signature-Timestamp': '1' },
      ),
    },
    'bot',
  ],
  LINE: [
    {
      target: '/line',
      ...json(
        { destination: 'U00000000000000000000000000000001', events: [] },
        { 'X-Line-Signature': 'AA==' },
      ),
    },
    'bot',
  ],
  'LINE, of no bot': [
    {
      target: '/line',
      ...json(
        { destination: 'U00000000000000000000000000000002', events: [] },
        { 'X-Line-Signature': 'AA==' },
      ),
    },
    '200 ',
  ],
  GitHub: [
    {
      target: '/github',
      ...json(
        { zen: 'invented', hook_id: 100000001 },
        { 'X-GitHub-Event': 'ping', 'X-GitHub-Hook-ID': '100000001' },
      ),
    },
    'bot',
  ],
  Zoom: [
    {
      target: '/zoom',
      ...json(
        { event: 'endpoint.url_validation', payload: { plainToken: 'abc' } },
        { 'x-zm-signature': 'v0=00', 'x-zm-request-timestamp': '1' },
      ),
    },
    'bot',
  ],
  WeCom: [{ target: '/wecom?msg_signature=00&timestamp=1&nonce=2&echostr=AAAA%3D%3D' }, 'bot'],
  Viber: [
    { target: '/viber', ...json({ event: 'webhook', timestamp: 1 }, { 'X-Viber-Content-Signature': '00' }) },
    'bot',
  ],
};

test("each sender's test of a URL is answered by gwproxy or by its bot", async (t) => {
  const config = join(folder, 'gwproxy.yaml');
  writeFileSync(
    config,
    `listen: 127.0.0.1:0
profiles:
  bot:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: bot }
    routes:
      - graph: { client_state: invented-state }
      - slack: { team: T0AAAAAAA1 }
      - lark: { app: cli_a000000000000001 }
      - whatsapp: { verify_token: invented-word }
      - discord: { application: "100000000000000001" }
      - line: { destination: U00000000000000000000000000000001 }
      - github: { hook: 100000001 }
      - { path: /zoom, zoom: { account: InventedAccount0000001 } }
      - { path: /zoom, fallback: true }
      - { path: /wecom, wecom: { corp: ww0000000000000001 } }
      - { path: /wecom, fallback: true }
      - path: /viber
`,
  );
  const gwproxy = await startGwproxy(t, config);
  await gwproxy.ready('bot');
  for (const [name, [request, expected]] of Object.entries(HANDSHAKES)) {
    await t.test(name, async () => {
      const { status, text } = await curl(gwproxy.url, request);
      const answered = text.startsWith('{"bot":"bot"') ? 'bot' : `${status} ${text}`;
      if (expected.includes(' ') || expected === 'bot') assert.equal(answered, expected);
      else assert.equal(String(status), expected, text);
    });
  }
});
