// CPU time a request of gwproxy, http-proxy 1.18.1 and plain undici on the same work, in one run: rounds in
// turn, each proxy on a core of its own (where taskset is there), load and upstreams on another. Ratios are
// what counts: machines differ, and shared ones drift. Linux only: CPU time comes from /proc.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { load } from './load.mjs';
import { startGwproxy } from './proxies/gwproxy.mjs';
import { startUpstreams } from './upstreams.mjs';

const ROUNDS = 7;
const REQUESTS = 12_000;
const CONNECTIONS = 64;
/** What issue and README promise: gwproxy's CPU a request over http-proxy's. */
const MOST_OF_HTTP_PROXY = 0.6;

const pinned = cpus().length > 1 && canPin();
const prefix = pinned ? ['taskset', '-c', '0'] : [];
if (pinned) execFileSync('taskset', ['-cp', '1', String(process.pid)], { stdio: 'ignore' });

function canPin() {
  try {
    execFileSync('taskset', ['-V'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function startScript(name, ports) {
  const script = fileURLToPath(new URL(`./proxies/${name}.mjs`, import.meta.url));
  const [program, ...args] = [...prefix, process.execPath, '--no-deprecation', script, ...ports.map(String)];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  for await (const line of createInterface(child.stdout)) {
    return {
      port: Number(line),
      pid: child.pid,
      async stop() {
        child.kill('SIGTERM');
        await exited;
      },
    };
  }
  throw new Error(`${name} did not start`);
}

/** User and system time of a process with all its threads, in seconds (proc(5): fields 14 and 15, in ticks). */
function cpuSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const upstreams = await startUpstreams();
const proxies = new Map([
  ['gwproxy', await startGwproxy(upstreams.ports, prefix)],
  ['http-proxy 1.18.1', await startScript('http-proxy', upstreams.ports)],
  ['undici, plain', await startScript('undici', upstreams.ports)],
]);
const samples = new Map([...proxies.keys()].map((name) => [name, { micros: [], rate: [] }]));

try {
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, { port, pid }] of proxies) {
      const before = cpuSeconds(pid);
      const { seconds } = await load({ port, connections: CONNECTIONS, requests: REQUESTS });
      if (round === -1) continue; // the first warms the compilers up
      const sample = samples.get(name);
      sample.micros.push(((cpuSeconds(pid) - before) / REQUESTS) * 1e6);
      sample.rate.push(REQUESTS / seconds);
    }
  }
} finally {
  for (const proxy of proxies.values()) await proxy.stop();
  upstreams.close();
}

const rival = samples.get('http-proxy 1.18.1').micros;
console.log(
  `${ROUNDS} rounds of ${REQUESTS} requests over ${CONNECTIONS} connections, every answer checked; ` +
    `node ${process.version}; ${pinned ? 'proxies pinned to one core' : 'not pinned'}\n`,
);
console.log(
  'proxy               CPU µs a request (min / median / max)   × http-proxy (median of pairs)   requests/s',
);
for (const [name, { micros, rate }] of samples) {
  const ratio = median(micros.map((value, round) => value / rival[round]));
  const spread = `${Math.min(...micros).toFixed(0)} / ${median(micros).toFixed(0)} / ${Math.max(...micros).toFixed(0)}`;
  console.log(
    `${name.padEnd(20)}${spread.padEnd(40)}${ratio.toFixed(2).padEnd(33)}${median(rate).toFixed(0)}`,
  );
}
const ratio = median(samples.get('gwproxy').micros.map((value, round) => value / rival[round]));
if (ratio > MOST_OF_HTTP_PROXY) {
  console.error(
    `\ngwproxy takes ${ratio.toFixed(2)} × http-proxy's CPU; ${MOST_OF_HTTP_PROXY} is the most allowed`,
  );
  process.exitCode = 1;
}
