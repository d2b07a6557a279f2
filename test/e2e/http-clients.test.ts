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
  await Promise.all([gwproxy.ready('hooks'), gwproxy.ready('teams')]);
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
});
