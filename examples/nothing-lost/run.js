// Starts `gwproxy up` on gwproxy.yaml beside this file, breaks its bot, sends what Slack would send meanwhile, mends
// the bot and shows what reached it. usage: node run.js
import { execFile, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { slackMention, tampered } from '../quickstart/requests.js';

const DEADLINE_MS = 30_000;
const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const cli = here('../../dist/cli/main.js');
const config = ['-c', here('gwproxy.yaml')];

if (!existsSync(cli)) {
  console.error('gwproxy is not built yet: run `npm ci` in the checkout first');
  process.exit(1);
}

const folder = await mkdtemp(join(tmpdir(), 'gwproxy-'));
const broken = join(folder, 'broken');
const env = { ...process.env, BROKEN_WHILE: broken, GWPROXY_STATE_DIR: join(folder, 'state') };

// It gets a process group of its own, so that Ctrl-C reaches it once, through this program.
const gwproxy = spawn(process.execPath, [cli, 'up', ...config], {
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
  env,
});
// 'close' comes after the last of its output, 'exit' may come before.
const ended = once(gwproxy, 'close');
const stop = () => gwproxy.kill('SIGTERM');
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
process.on('exit', stop);

/** gwproxy's log events that no `next` has consumed yet. */
const events = [];
const arrivals = new EventEmitter();
createInterface({ input: gwproxy.stdout }).on('line', (line) => {
  const event = JSON.parse(line);
  if (event.type === 'gateway.output') console.log(`    ${event.profile} | ${event.line}`);
  events.push(event);
  arrivals.emit('event');
});

/** Consumes gwproxy's log events up to the first that passes the test, and returns that one. */
async function next(what, test) {
  const late = AbortSignal.timeout(DEADLINE_MS);
  for (;;) {
    for (let event = events.shift(); event !== undefined; event = events.shift())
      if (test(event)) return event;
    const over = ended.then(([code]) => Promise.reject(new Error(`gwproxy ended (exit code ${code})`)));
    await Promise.race([once(arrivals, 'event', { signal: late }), over]).catch((error) => {
      throw new Error(`waiting for ${what}: ${error.message}`);
    });
  }
}

const ready = () => next('the bot', ({ type, state }) => type === 'gateway.state' && state === 'ready');

async function runGwproxy(...args) {
  console.log(`$ gwproxy ${args.join(' ')}`);
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args, ...config], { env });
  console.log(stdout.trimEnd().replace(/^/gm, '    '));
}

async function send(title, { path, headers, body }, expected) {
  const { status } = await fetch(address + path, { method: 'POST', headers, body });
  console.log(`${title}\n    ${status}`);
  if (status !== expected) throw new Error(`expected ${expected}`);
}

let address;
try {
  const { host, port } = await next('the door', ({ type }) => type === 'door.listening');
  address = `http://${host}:${port}`;
  const { pid } = await ready();
  console.log(
    `gwproxy listens on ${address}, and its bot is ready. Now the bot is killed, and its next start fails:`,
  );
  await writeFile(broken, '');
  process.kill(pid, 'SIGKILL');
  await next("the bot's end", ({ type }) => type === 'gateway.exit');

  const mention = slackMention('hello');
  await send('Slack sends an event:', mention, 200);
  await send('Slack sends it again:', mention, 200);
  await send('Somebody sends an event with a wrong signature:', tampered(mention), 401);
  await runGwproxy('spool');

  console.log('The bot is repaired and started:');
  await rm(broken);
  await runGwproxy('start', 'slack-bot');
  await next('the delivery', ({ type }) => type === 'spool.drained');
  await runGwproxy('spool');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  stop();
  await ended;
  await rm(folder, { recursive: true, force: true });
}
