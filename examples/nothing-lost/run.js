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

// In a process group of its own: Ctrl-C reaches it through us, once, and so it stops in order.
const gwproxy = spawn(process.execPath, [cli, 'up', ...config], {
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
  env,
});
// With the last of its output.
const ended = once(gwproxy, 'close');
const stop = () => gwproxy.kill('SIGTERM');
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
process.on('exit', stop);

const seen = [];
const news = new EventEmitter();
createInterface({ input: gwproxy.stdout }).on('line', (line) => {
  const event = JSON.parse(line);
  if (event.type === 'gateway.output') console.log(`    ${event.profile} | ${event.line}`);
  seen.push(event);
  news.emit('event');
});

/** The next event of gwproxy's that is such a one, beginning with those that nobody has waited for yet. */
async function next(what, test) {
  const late = AbortSignal.timeout(DEADLINE_MS);
  for (;;) {
    for (let event = seen.shift(); event !== undefined; event = seen.shift()) if (test(event)) return event;
    const over = ended.then(([code]) => Promise.reject(new Error(`gwproxy ended (exit code ${code})`)));
    await Promise.race([once(news, 'event', { signal: late }), over]).catch((error) => {
      throw new Error(`waiting for ${what}: ${error.message}`);
    });
  }
}

const ready = () => next('the bot', ({ type, state }) => type === 'gateway.state' && state === 'ready');

async function gwproxyDoes(...args) {
  console.log(`$ gwproxy ${args.join(' ')}`);
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...args, ...config], { env });
  console.log(stdout.trimEnd().replace(/^/gm, '    '));
}

async function send(title, { path, headers, body }, due) {
  const { status } = await fetch(address + path, { method: 'POST', headers, body });
  console.log(`${title}\n    ${status}`);
  if (status !== due) throw new Error(`not the answer that was due, which is ${due}`);
}

let address;
try {
  const { host, port } = await next('the door', ({ type }) => type === 'door.listening');
  address = `http://${host}:${port}`;
  const { pid } = await ready();
  console.log(`gwproxy listens on ${address}, and its bot is ready. Now the bot breaks:`);
  await writeFile(broken, '');
  process.kill(pid, 'SIGKILL');
  await next("the bot's end", ({ type }) => type === 'gateway.exit');

  const mention = slackMention('hello');
  await send('Slack sends an event:', mention, 200);
  await send('Slack sends it again:', mention, 200);
  await send('A stranger sends one that is not signed:', tampered(mention), 401);
  await gwproxyDoes('spool');

  console.log('The bot is mended, and started at once:');
  await rm(broken);
  await gwproxyDoes('start', 'slack-bot');
  await next('the delivery', ({ type }) => type === 'spool.drained');
  await gwproxyDoes('spool');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  stop();
  await ended;
  await rm(folder, { recursive: true, force: true });
}
