import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { type Gwproxy, startGwproxy } from '../support/cli.ts';
import { temporaryFolder } from '../support/sockets.ts';

// What an operator reads while a gateway starts and will never be ready as it is configured.

/** A server with that handler, at that port and host (expressions of JavaScript). */
const bot = (handler: string, port = 'process.env.PORT', host = "'127.0.0.1'") =>
  JSON.stringify([
    process.execPath,
    '-e',
    `require('node:http').createServer((request, response) => { ${handler} }).listen({ port: ${port}, host: ${host} })`,
  ]);

const OK = "response.end('ok')";
const LOGIN = "response.writeHead(302, { location: '/login' }).end()";
const NO_GET = 'response.writeHead(405).end()';
const LOCKED = 'response.writeHead(401).end()';

async function up(t: TestContext, profiles: Readonly<Record<string, string>>): Promise<Gwproxy> {
  const folder = await temporaryFolder(t);
  const config = join(folder, 'gwproxy.yaml');
  const lines = Object.entries(profiles).map(
    ([name, fields]) => `  ${name}: { ${fields}, start_timeout: 5m, routes: [{ path: /${name} }] }\n`,
  );
  await writeFile(config, `listen: 127.0.0.1:0\nprofiles:\n${lines.join('')}`);
  return startGwproxy(t, config);
}

/** The profile's `last_error` once it matches, while it starts its first generation. */
async function says(gwproxy: Gwproxy, profile: string, expected: RegExp): Promise<string> {
  for (const since = performance.now(); ; await pause(100)) {
    const { state, generation, last_error: error } = await gwproxy.profile(profile);
    assert.deepEqual([state, generation], ['starting', 1]);
    if (error !== null && expected.test(error)) return error;
    assert.ok(performance.now() - since < 30_000, `${profile} says: ${error}`);
  }
}

test('status says what the health path answers, and what to write, while the gateway starts', async (t) => {
  const gwproxy = await up(t, {
    login: `command: ${bot(LOGIN)}, listeners: { main: { health: /health } }`,
    locked: `command: ${bot(LOCKED)}, listeners: { main: { health: /health } }`,
    webhook: `command: ${bot(NO_GET)}, listeners: { main: { health: /hook } }`,
    broken: `command: ${bot('response.writeHead(503).end()')}, listeners: { main: { health: /health } }`,
  });
  for (const [profile, status] of [
    ['login', 302],
    ['locked', 401],
    ['webhook', 405],
  ] as const) {
    await says(
      gwproxy,
      profile,
      new RegExp(
        `^not ready yet: \\S+ on port \\d+: its health path answered ${status}; if that is its good answer, write \`status: ${status}\` beside the path`,
      ),
    );
  }
  // It may be starting still: nothing has to be written.
  await says(gwproxy, 'broken', /^not ready yet: \S+ on port \d+: its health path answered 503$/);
  // The log says it once, after a while.
  await gwproxy.waitFor(
    'the reason in the log',
    (line) =>
      line.type === 'gateway.state' &&
      line.profile === 'login' &&
      line.state === 'starting' &&
      /its health path answered 302; /.test(String(line.reason)),
  );
});

if (process.platform === 'linux') {
  test('status says where a gateway listens that chose its port itself', async (t) => {
    const gwproxy = await up(t, {
      deaf: `command: ${bot(OK, '0')}`,
      silent: `command: ${JSON.stringify([process.execPath, '-e', 'setInterval(() => {}, 1000)'])}`,
    });
    const said = await says(gwproxy, 'deaf', /the gateway listens at 127\.0\.0\.1:\d+/);
    const [, port, instead] =
      /^not ready yet: (?:\S+) on port (\d+): connection refused: the gateway listens at 127\.0\.0\.1:(\d+), and not at /.exec(
        said,
      ) ?? [];
    assert.ok(said.includes(`have it listen on port ${port}, or write \`listeners: { `), said);
    assert.ok(said.endsWith(`: { port: ${instead} } }\``), said);
    await says(gwproxy, 'silent', /^not ready yet: \S+ on port \d+: connection refused$/);
  });

  test('a gateway that listens on ::1 alone is reached there', async (t) => {
    const gwproxy = await up(t, { six: `command: ${bot(OK, 'process.env.PORT', "'::1'")}` });
    await gwproxy.ready('six');
    const answer = await fetch(`${gwproxy.url}/six`);
    assert.deepEqual([answer.status, await answer.text()], [200, 'ok']);
    assert.equal((await gwproxy.profile('six')).restarts, 0);
  });
}
