import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startGwproxy } from '../support/cli.ts';
import { fixture } from '../support/root.ts';

// Twilio's signatures by a shared key, through the built command line, sent by Python's http.client.

const TOKEN = 'invented-auth-token';
const KEY = 'invented-shared-key';
const ACCOUNT = 'AC00000000000000000000000000000001';

/** Sends the form and prints the answer's status. */
const SEND = `
import http.client, json, sys, urllib.parse
told = json.loads(sys.argv[1])
connection = http.client.HTTPConnection(told["address"], timeout=30)
connection.putrequest("POST", "/sms", skip_host=True)
body = urllib.parse.urlencode(told["fields"]).encode()
headers = {"Host": "bots.example.com", "Content-Type": "application/x-www-form-urlencoded", "Content-Length": len(body)}
for name, value in list(headers.items()) + told["headers"]:
    connection.putheader(name, value)
connection.endheaders(body)
print(connection.getresponse().status)
`;

let folder = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gwproxy-twilio-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('a request signed by a shared key is verified by what its header says, and never weaker than configured', async (t) => {
  const config = join(folder, 'gwproxy.yaml');
  const bot = (name: string, to: string, verify: string) => `  ${name}:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: ${name} }
    routes: [{ twilio: { to: "${to}" } }]
    verify: { twilio: { ${verify} } }
`;
  writeFileSync(
    config,
    `listen: 127.0.0.1:0
public_url: https://bots.example.com
profiles:
${bot('both', '+15550101', `auth_token: ${TOKEN}, shared_key: ${KEY}`)}${bot('keys', '+15550102', `shared_key: ${KEY}`)}${bot(
  'token',
  '+15550103',
  `auth_token: ${TOKEN}`,
)}`,
  );
  const gwproxy = await startGwproxy(t, config);
  await Promise.all(['both', 'keys', 'token'].map((name) => gwproxy.ready(name)));
  let count = 0;
  const send = async (
    to: string,
    [algorithm, secret]: readonly ['sha1' | 'sha256', string],
    ...settings: readonly string[]
  ): Promise<number> => {
    const fields = { AccountSid: ACCOUNT, Body: `hello ${++count}`, To: to };
    const text = Object.entries(fields).reduce(
      (all, [name, value]) => all + name + value,
      'https://bots.example.com/sms',
    );
    const told = {
      address: new URL(gwproxy.url).host,
      fields,
      headers: [
        ['X-Twilio-Signature', createHmac(algorithm, secret).update(text).digest('base64')],
        ...settings.map((value) => ['X-Twilio-Webhooks-Signature-Settings', value]),
      ],
    };
    const { stdout } = await promisify(execFile)('python3', ['-c', SEND, JSON.stringify(told)]);
    return Number(stdout);
  };
  const sha256 = 'key=webhooks_sharedkey_invented,algorithm=HMAC_SHA256';
  const sha1 = 'key=webhooks_sharedkey_invented,algorithm=HMAC_SHA1';

  for (const to of ['+15550101', '+15550102']) {
    assert.equal(await send(to, ['sha256', KEY], sha256), 200, to);
    assert.equal(await send(to, ['sha256', 'wrong'], sha256), 401, `${to}, another key`);
    assert.equal(await send(to, ['sha1', KEY], sha1), 401, `${to}, a weaker algorithm`);
    assert.equal(await send(to, ['sha1', KEY]), 401, `${to}, the key without its header`);
    assert.equal(await send(to, ['sha256', KEY], 'key=x,algorithm=none'), 401, `${to}, no algorithm`);
    assert.equal(await send(to, ['sha256', KEY], sha256, sha1), 400, `${to}, two headers`);
  }
  assert.equal(await send('+15550101', ['sha1', TOKEN]), 200);
  assert.equal(await send('+15550102', ['sha1', TOKEN]), 401, 'the account has no auth token here');
  assert.equal(await send('+15550103', ['sha1', TOKEN]), 200);
  assert.equal(await send('+15550103', ['sha256', TOKEN], sha256), 200, 'as its header says');
  assert.equal(await send('+15550103', ['sha256', KEY], sha256), 401, 'a key that it does not know');
});
