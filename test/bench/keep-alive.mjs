// Requests lost to idle connections: 300 POSTs one after another, at random times of 0 to 10 ms, through gwproxy,
// http-proxy 1.18.1 and an undici Pool as it comes, to a gateway that closes idle connections after 5 ms and does
// not say so. Each proxy and gateway is a process of its own. `npm run build` first; RUNS=5 by default.
import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { activity } from './activity.mjs';
import { startGwproxy } from './proxies/gwproxy.mjs';

const RUNS = Number(process.env.RUNS ?? 5);
const REQUESTS = 300;
const MOST_IDLE = 10;
const KEPT = 5;

async function startScript(path, ...args) {
  const script = fileURLToPath(new URL(path, import.meta.url));
  const child = spawn(process.execPath, ['--no-deprecation', script, ...args.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  for await (const line of createInterface(child.stdout)) {
    return {
      port: Number(line),
      async stop() {
        child.kill('SIGTERM');
        await exited;
      },
    };
  }
  throw new Error(`${path} did not start`);
}

const proxies = new Map([
  ['gwproxy', (port) => startGwproxy([port])],
  ['http-proxy 1.18.1', (port) => startScript('./proxies/http-proxy.mjs', port)],
  ['undici Pool as it comes', (port) => startScript('./proxies/undici.mjs', port)],
]);

function post(agent, port, body) {
  return new Promise((resolve) => {
    const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const sent = request(
      { agent, port, host: '127.0.0.1', method: 'POST', path: '/api/messages', headers },
      (answer) => answer.resume().once('end', () => resolve(answer.statusCode)),
    );
    sent.once('error', () => resolve(0)).end(body);
  });
}

async function idleFor(ms) {
  const until = performance.now() + ms;
  if (ms > 2) await new Promise((resolve) => setTimeout(resolve, Math.floor(ms) - 1));
  while (performance.now() < until) await new Promise((resolve) => setImmediate(resolve));
}

async function run(start) {
  const gateway = await startScript('../fixtures/keep-alive-gateway.mjs', KEPT);
  const proxy = await start(gateway.port);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  let ok = 0;
  for (let id = 0; id < REQUESTS; id += 1) {
    const body = JSON.stringify({ ...JSON.parse(activity(0)), id: `activity-${id}` });
    if ((await post(agent, proxy.port, body)) === 200) ok += 1;
    await idleFor(Math.random() * MOST_IDLE);
  }
  agent.destroy();
  const { twice } = await (await fetch(`http://127.0.0.1:${gateway.port}/seen`)).json();
  await proxy.stop();
  await gateway.stop();
  return { ok, twice };
}

const results = new Map([...proxies.keys()].map((name) => [name, []]));
for (let round = 0; round < RUNS; round += 1) {
  for (const [name, start] of proxies) results.get(name).push(await run(start));
}
console.log(`answered 200 of ${REQUESTS}, and delivered twice, in ${RUNS} runs`);
for (const [name, runs] of results) {
  const oks = runs.map(({ ok }) => ok).join(' ');
  const twice = runs.reduce((sum, { twice }) => sum + twice, 0);
  console.log(`${name.padEnd(24)} ${oks}   twice ${twice}`);
}
