import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { dial } from '../door/support/raw.ts';
import { startGwproxy } from '../support/cli.ts';
import { fixture } from '../support/root.ts';
import { activity } from '../support/senders.ts';
import { temporaryFolder } from '../support/sockets.ts';

const run = promisify(execFile);
const APP = '00000000-0000-0000-0000-000000000001';

const CONFIG = `listen: 127.0.0.1:0
profiles:
  hooks:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: hooks }
    routes: [{ path: /hook }]
  teams:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: teams }
    routes: [{ bot_framework: { app: ${APP} } }]
  tenants:
    command: [${process.execPath}, ${fixture('echo-gateway.mjs')}]
    env: { BOT_NAME: tenants }
    routes: [{ json: { pointer: /tenant, value: t-1 }, path: /tenants }, { path: /tenants, fallback: true }]
`;

/** What the echo gateway says it got. */
interface Echo {
  readonly bot: string;
  readonly method: string;
  readonly headers: readonly string[];
  /** Base64. */
  readonly body: string;
}

function echoIn(answer: string): Echo {
  return JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));
}

function bodyOf({ body }: Echo): string {
  return Buffer.from(body, 'base64').toString();
}

test('HTTP clients other than Node are served, whatever they offer beside their request', async (t) => {
  const config = join(await temporaryFolder(t), 'gwproxy.yaml');
  await writeFile(config, CONFIG);
  const gwproxy = await startGwproxy(t, config);
  await Promise.all(['hooks', 'teams', 'tenants'].map((profile) => gwproxy.ready(profile)));
  const message = activity({ app: APP, text: 'hi' }).body;

  /** The status, a line break, and the answer. */
  const curl = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await run('curl', ['-sS', '-m', '20', '-w', '\n%{http_code}', ...args]);
    return stdout;
  };

  for (const body of [[], ['-H', 'Content-Type: application/json', '-d', '{"a":1}']]) {
    await t.test(`curl --http2 offers h2c with a ${body.length === 0 ? 'GET' : 'POST'}`, async () => {
      const said = await curl('--http2', ...body, `${gwproxy.url}/hook`);
      assert.match(said, /\n200$/);
      const echo = echoIn(said);
      assert.equal(bodyOf(echo), body.at(-1) ?? '');
      assert.doesNotMatch(echo.headers.join(' '), /upgrade|http2-settings/i);
    });
  }

  await t.test("Java's HttpClient offers h2c with a POST to a route that needs the body", async () => {
    const { stdout } = await run('java', [
      fixture('clients', 'Post.java'),
      `${gwproxy.url}/api/messages`,
      message,
    ]);
    const answers = stdout.trim().split('\n');
    assert.equal(answers.length, 2);
    for (const answer of answers) {
      assert.match(answer, /^200 /);
      const echo = echoIn(answer);
      assert.deepEqual([echo.bot, bodyOf(echo)], ['teams', message]);
    }
  });

  await t.test('Apache HttpClient 5.4 offers TLS with a POST to a route that needs the body', async () => {
    const client = await dial(t, Number(new URL(gwproxy.url).port));
    client.send(
      [
        'POST /api/messages HTTP/1.1',
        'Accept-Encoding: gzip, x-gzip, deflate',
        'Content-Type: application/json; charset=UTF-8',
        `Content-Length: ${Buffer.byteLength(message)}`,
        'Host: 127.0.0.1',
        'Connection: Upgrade',
        'User-Agent: Apache-HttpClient/5.4 (Java/17.0.1)',
        'Upgrade: TLS/1.2',
        '',
        message,
      ].join('\r\n'),
    );
    const answer = await client.until(/\}/);
    assert.match(answer, /^HTTP\/1\.1 200 /);
    assert.equal(bodyOf(echoIn(answer)), message);
  });

  for (const method of ['GET', 'DELETE', 'POST']) {
    await t.test(`curl sends a Content-Type with a ${method} that has no body`, async () => {
      const type = ['-H', 'Content-Type: application/json'];
      const said = await curl('-X', method, ...type, `${gwproxy.url}/tenants/1`);
      assert.match(said, /\n200$/);
      assert.deepEqual([echoIn(said).bot, echoIn(said).method], ['tenants', method]);
    });
  }

  for (const [type, status] of [
    ['application/json; charset=utf8', '200'],
    ['application/json; utf-8', '200'],
    ['application/json; charset=latin1', '415'],
  ] as const) {
    await t.test(`curl labels its JSON ${type}`, async () => {
      const said = await curl('-H', `Content-Type: ${type}`, '-d', message, `${gwproxy.url}/api/messages`);
      assert.equal(said.slice(-3), status, said);
      if (status === '415') assert.match(said, /with charset latin1 /);
      else assert.equal(bodyOf(echoIn(said)), message);
    });
  }

  for (const hidden of ['.%09.', '..%23', '..%3f', '..%20', '..%0d', '.%e2%80%8b.', '%ef%bc%8e%ef%bc%8e']) {
    await t.test(`curl hides a dot segment in ${hidden}`, async () => {
      const said = await curl('--path-as-is', `${gwproxy.url}/hook/${hidden}/admin`);
      assert.match(said, /a dot segment in the path.*\n400$/s);
    });
  }
});
