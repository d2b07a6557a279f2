import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCli, startGwproxy } from '../support/cli.ts';
import { fixture } from '../support/root.ts';
import { post } from '../support/senders.ts';
import { temporaryFolder } from '../support/sockets.ts';

const TOKEN = 'invented-auth-token';
const ACCOUNT = 'AC00000000000000000000000000000001';

test('verification, the headers of the gateway and `urls` name one public URL', async (t) => {
  const config = join(await temporaryFolder(t), 'gwproxy.yaml');
  await writeFile(
    config,
    `listen: 127.0.0.1:0
public_url: https://a.example.com:8443
profiles:
  sms:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: sms }
    keep_headers: [x-original-url]
    verify: { twilio: { auth_token: ${TOKEN} } }
    routes: [{ host: b.example.com, path: /old, strip_prefix: true, twilio: { account: ${ACCOUNT} } }]
`,
  );
  const listed = await runCli(['urls', '--json', '-c', config]);
  const urls: { readonly urls: readonly { readonly profile: string; readonly url: string }[] } = JSON.parse(
    listed.stdout,
  );
  const url = urls.urls.find((one) => one.url.includes('b.example.com'))?.url ?? '';
  assert.match(url, /^https:\/\/b\.example\.com:8443\/old/);

  const gwproxy = await startGwproxy(t, config);
  await gwproxy.ready('sms');
  const fields = { AccountSid: ACCOUNT, Body: 'hi', MessageSid: 'SM1' };
  const called = new URL('sms?x=1', url.endsWith('/') ? url : `${url}/`).href;
  const signed = called + Object.entries(fields).flat().join('');
  const answer = await post(gwproxy.url, {
    path: called.slice(new URL(called).origin.length),
    headers: {
      Host: 'b.example.com',
      'Content-Type': 'application/x-www-form-urlencoded',
      'X-Twilio-Signature': createHmac('sha1', TOKEN).update(signed).digest('base64'),
      'X-Forwarded-Prefix': '/bots',
      'X-Forwarded-Host': 'other.example.com',
      'X-Forwarded-Port': '1',
      'X-Original-URL': '/kept',
      'X-HTTP-Method-Override': 'DELETE',
    },
    body: new URLSearchParams(fields).toString(),
  });
  assert.equal(answer.status, 200, answer.text);
  const seen: { readonly url: string; readonly headers: readonly string[] } = JSON.parse(answer.text);
  assert.equal(seen.url, '/sms?x=1');
  const headers = seen.headers.flatMap((name, at) =>
    at % 2 === 0 && /^x-(?:forwarded|original|http)/i.test(name) ? [`${name}: ${seen.headers[at + 1]}`] : [],
  );
  assert.deepEqual(headers.sort(), [
    'X-Forwarded-For: 127.0.0.1',
    'X-Forwarded-Host: b.example.com:8443',
    'X-Forwarded-Prefix: /bots/old',
    'X-Forwarded-Proto: https',
    'X-Original-URL: /kept',
  ]);
});
