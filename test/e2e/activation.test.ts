import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { runCli } from '../support/cli.ts';
import { fixture, root } from '../support/root.ts';

const LINUX = { skip: process.platform !== 'linux' && 'systemd is Linux alone' };
const MAIN = join(root, 'dist', 'cli', 'main.js');

/** Runs `gwproxy up` so many times, one after the other, on one socket, as systemd would. */
async function underSocket(t: TestContext, times: number) {
  const folder = await mkdtemp(join(tmpdir(), 'gwproxy-'));
  const config = join(folder, 'gwproxy.yaml');
  const gateway = fixture('gateways/descriptors.mjs');
  await writeFile(
    config,
    `listen: 192.0.2.1:1\nprofiles:\n  one:\n    command: [${process.execPath}, ${gateway}]\n    routes: [{ path: / }]\n`,
  );
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    GWPROXY_STATE_DIR: join(folder, 'state'),
  };
  const command = [process.execPath, MAIN, 'up', '-c', config];
  const holder = spawn(process.execPath, [fixture('socket-holder.mjs'), String(times), ...command], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(holder, 'exit');
  const lines = createInterface({ input: holder.stdout })[Symbol.asyncIterator]();
  const next = async (wanted: (line: Readonly<Record<string, unknown>>) => boolean) => {
    for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
      const value: Readonly<Record<string, unknown>> = JSON.parse(line.value);
      if (wanted(value)) return value;
    }
    throw new Error('it ended before');
  };
  const status = async () => {
    const { code, stdout, stderr } = await runCli(['status', '--json', '-c', config], env);
    if (code !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  };
  const { port, socket } = await next((line) => 'socket' in line);
  const lives = { left: times };
  const stop = async () => {
    process.kill((await status()).pid, 'SIGTERM');
    lives.left -= 1;
  };
  const listening = () => next((line) => line.type === 'door.listening');
  const ready = () => next((line) => line.type === 'gateway.state' && line.state === 'ready');
  t.after(async () => {
    // This is its last run, even if the test has failed: nothing may be started after it.
    if (lives.left > 1) holder.kill('SIGKILL');
    if (lives.left > 0) await stop();
    await ended;
    await rm(folder, { recursive: true, force: true });
  });
  return { port: Number(port), socket, status, stop, listening, ready };
}

/** Sends a request on a new connection; returns the status and the body, or the error's code. */
function ask(port: number): Promise<{ readonly outcome: number | string; readonly body: string }> {
  return new Promise((resolve) => {
    const headers = { 'Content-Length': 4 };
    const sent = request({ agent: false, port, host: '127.0.0.1', method: 'POST', headers }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
      });
      answer.once('end', () => resolve({ outcome: answer.statusCode ?? 0, body }));
    });
    sent.once('error', (error) => {
      resolve({ outcome: 'code' in error ? String(error.code) : error.message, body: '' });
    });
    sent.end('body');
  });
}

test('the door listens on the passed socket, which no gateway inherits', LINUX, async (t) => {
  const { port, socket, status, listening, ready } = await underSocket(t, 1);
  const told = await listening();
  assert.deepEqual([told.host, told.port], ['127.0.0.1', port]);
  assert.equal((await status()).listen, `127.0.0.1:${port}`);
  await ready();
  const { outcome, body } = await ask(port);
  assert.equal(outcome, 200);
  const { descriptors, variables } = JSON.parse(body);
  assert.ok(!descriptors.includes(socket), body);
  assert.deepEqual(variables, []);
});

test('no connection is refused while gwproxy stops and starts again on its socket', LINUX, async (t) => {
  const { port, stop, listening, ready } = await underSocket(t, 2);
  await listening();
  await ready();
  const outcomes: (number | string)[] = [];
  let sending = true;
  const client = async () => {
    while (sending) outcomes.push((await ask(port)).outcome);
  };
  const clients = [client(), client(), client()];
  while (outcomes.length < 50) await new Promise((resolve) => setImmediate(resolve));
  await stop();
  const atStop = outcomes.length;
  await listening();
  await ready();
  const before = outcomes.length;
  while (outcomes.length < before + 50) await new Promise((resolve) => setImmediate(resolve));
  sending = false;
  await Promise.all(clients);
  t.diagnostic(`${outcomes.length} sent, ${before - atStop} of them around the restart`);
  assert.deepEqual(
    outcomes.filter((outcome) => outcome !== 200),
    [],
  );
});
