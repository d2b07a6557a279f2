// Starts `gwproxy up` on gwproxy.yaml beside this file, runs send.js, shows everything, and stops it all.
// usage: node run.js [--keep]     (--keep: leaves it running until Ctrl-C)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const START_DEADLINE_MS = 30_000;
/** gwproxy's exit code when it cannot open the public port. */
const CANNOT_LISTEN = 70;
const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const cli = here('../../dist/cli/main.js');
const keep = process.argv.includes('--keep');

if (!existsSync(cli)) fail('gwproxy is not built yet: run `npm ci` in the checkout first');

// It gets a process group of its own, so that Ctrl-C reaches it once, through this program.
const gwproxy = spawn(process.execPath, [cli, 'up', '-c', here('gwproxy.yaml')], {
  stdio: ['ignore', 'pipe', 'inherit'],
  detached: true,
});
const ended = once(gwproxy, 'exit');
const stop = () => gwproxy.kill('SIGTERM');
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
process.on('exit', stop);

const ready = new Set();
let address;
const start = new Promise((resolve, reject) => {
  createInterface({ input: gwproxy.stdout }).on('line', (line) => {
    const event = JSON.parse(line);
    show(event);
    if (event.type === 'gateway.exit') reject(new Error(`${event.profile} ended before all bots were ready`));
    if (address !== undefined && ready.size === 2) resolve();
  });
  ended.then(([code]) => reject(new Error(whyEnded(code))));
  setTimeout(() => reject(new Error('the bots were not ready in time')), START_DEADLINE_MS).unref();
});

function show(event) {
  if (event.type === 'door.listening') {
    address = `http://${event.host}:${event.port}`;
    console.log(`gwproxy listens on ${address}`);
  } else if (event.type === 'gateway.state' && event.state === 'ready') {
    ready.add(event.profile);
    console.log(`${event.profile} is ready (process ${event.pid})`);
  } else if (event.type === 'gateway.output') {
    console.log(`    ${event.profile} | ${event.line}`);
  }
}

function whyEnded(code) {
  return code === CANNOT_LISTEN
    ? 'the port is taken: choose another, such as GWPROXY_PORT=3979 npm run quickstart'
    : `gwproxy ended (exit code ${code}) before the bots were ready`;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

try {
  await start;
  console.log('');
  const [sent] = await once(
    spawn(process.execPath, [here('send.js'), address], { stdio: 'inherit' }),
    'exit',
  );
  if (sent !== 0) throw new Error('a request got a wrong answer');
  if (keep) {
    console.log(
      `\nIt stays up until Ctrl-C. Try, in another terminal: node examples/quickstart/send.js ${address}`,
    );
    await ended;
  } else {
    stop();
  }
} catch (error) {
  stop();
  await ended;
  fail(error.message);
}
const [code] = await ended;
if (code !== 0) fail(`gwproxy ended with exit code ${code}`);
console.log('\nAll stopped.');
