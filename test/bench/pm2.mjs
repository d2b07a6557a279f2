// gwproxy and pm2 side by side, with the same gateways, in turn: how soon a gateway that was killed answers again,
// how long `gwproxy status` and `pm2 ls` take, and how much memory each supervisor uses. Prints a table; with --check
// it ends with 1 where gwproxy misses a target. Linux only: memory comes from /proc. Needs python3 for the gateways.
//   npm run bench:pm2 [-- --check]
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { median } from './interleaved.mjs';
import { answeredAfter, ask, load, mebibytes, memoryOf, memoryOfAll } from './measure.mjs';
import { freePorts, gateway, underGwproxy, underPm2 } from './supervised.mjs';

const KILLS = 15;
const RUNS = 21;
const BETWEEN_KILLS_MS = 1000;
/** V8 gives back what the start took after some ten seconds without work. */
const SETTLE_MS = 20_000;
const SIZES = [4, 32];
const TARGETS = { recoveryMs: 50, statusMs: 150, pssBytes: 64 * 1024 ** 2 };

/** From spawn to the first answer, of a gateway that nobody supervises. */
async function ownStart(port) {
  const [program, ...args] = gateway;
  const child = spawn(program, args, { env: { ...process.env, PORT: String(port) }, stdio: 'ignore' });
  const exited = once(child, 'exit');
  const { took } = await answeredAfter({ port });
  child.kill('SIGKILL');
  await exited;
  return took;
}

async function killed(port, path) {
  const pid = await ask(port, path);
  process.kill(Number(pid), 'SIGKILL');
  return answeredAfter({ port, path, not: pid });
}

function wallTime({ args, env }) {
  const since = performance.now();
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  return performance.now() - since;
}

/** Each gateway is killed once: gwproxy makes one that is killed again within a minute wait, by default. */
async function recoveries(gwproxy, pm2) {
  const [ownPort] = await freePorts(1);
  const samples = { own: [], gwproxy: [], pm2: [] };
  for (let round = 0; round < KILLS; round++) {
    samples.own.push({ took: await ownStart(ownPort), failed: 0, sent: 0 });
    samples.gwproxy.push(await killed(gwproxy.port, `/p/bot-${round}/`));
    samples.pm2.push(await killed(pm2.ports[round], '/'));
    await pause(BETWEEN_KILLS_MS);
  }
  return samples;
}

function commands(gwproxy, pm2) {
  const samples = { gwproxy: [], pm2: [] };
  for (let run = 0; run < RUNS; run++) {
    samples.gwproxy.push(wallTime({ args: gwproxy.cli('status'), env: gwproxy.env }));
    samples.pm2.push(wallTime({ args: pm2.cli('ls'), env: pm2.env }));
  }
  return samples;
}

/** The least of several looks: what it uses when it does nothing. */
async function idleMemory(pids) {
  const looks = [];
  for (let look = 0; look < 5; look++) {
    looks.push(memoryOfAll(pids));
    await pause(500);
  }
  return looks.sort((a, b) => a.pss - b.pss)[0];
}

function spread(values, digits = 0) {
  return `${median(values).toFixed(digits)} (${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)})`;
}

const both = ({ rss, own }) => `${mebibytes(rss)}; ${mebibytes(own)}`;

const misses = [];
function judge(what, value, target, unit) {
  if (value > target) misses.push(`${what}: ${value.toFixed(1)} ${unit}, above ${target} ${unit}`);
}

const memory = new Map();
let kills;
let calls;
for (const size of SIZES) {
  const gwproxy = await underGwproxy(size);
  try {
    const pm2 = await underPm2(size);
    try {
      // Before anything was asked of either: idle since the start.
      await pause(SETTLE_MS);
      memory.set(size, {
        gwproxy: await idleMemory(gwproxy.supervisors()),
        own: memoryOf(gwproxy.pid),
        pm2: await idleMemory([pm2.pid]),
      });
      if (size === SIZES[0]) calls = commands(gwproxy, pm2);
      else kills = await recoveries(gwproxy, pm2);
    } finally {
      pm2.stop();
    }
  } finally {
    await gwproxy.stop();
  }
}

const above = (samples) => samples.map(({ took }, round) => took - kills.own[round].took);
const sum = (samples, field) => samples.reduce((total, sample) => total + sample[field], 0);
const rows = [
  ['median (min–max)', 'gwproxy', 'pm2'],
  [
    `kill -9 to answering, ms (own start: ${spread(kills.own.map(({ took }) => took))})`,
    spread(kills.gwproxy.map(({ took }) => took)),
    spread(kills.pm2.map(({ took }) => took)),
  ],
  ["  above the child's own start, ms", spread(above(kills.gwproxy)), spread(above(kills.pm2))],
  [
    `  requests meanwhile that failed, of all in ${KILLS} kills`,
    `${sum(kills.gwproxy, 'failed')} of ${sum(kills.gwproxy, 'sent')}`,
    `${sum(kills.pm2, 'failed')} of ${sum(kills.pm2, 'sent')}`,
  ],
  [`\`gwproxy status\`, \`pm2 ls\`, ms (${RUNS} runs)`, spread(calls.gwproxy), spread(calls.pm2)],
  ...SIZES.flatMap((size) => {
    const { gwproxy, pm2 } = memory.get(size);
    return [
      [`PSS with ${size} gateways, MiB`, mebibytes(gwproxy.pss), mebibytes(pm2.pss)],
      ['  RSS; pages of its own alone, MiB', both(gwproxy), both(pm2)],
    ];
  }),
];
console.log(`\ngwproxy and pm2 in turn; node ${process.version}, ${load()}\n`);
for (const [what, ours, theirs] of rows) console.log(`${what.padEnd(60)}${ours.padEnd(22)}${theirs}`);

judge('recovery above the own start', median(above(kills.gwproxy)), TARGETS.recoveryMs, 'ms');
judge('status', median(calls.gwproxy), TARGETS.statusMs, 'ms');
const { pss } = memory.get(SIZES[0]).gwproxy;
judge(`PSS with ${SIZES[0]} gateways`, pss / 1024 ** 2, TARGETS.pssBytes / 1024 ** 2, 'MiB');
console.log(misses.length === 0 ? '\nevery target is met' : `\nmissed: ${misses.join('; ')}`);
if (process.argv.includes('--check') && misses.length > 0) process.exitCode = 1;
