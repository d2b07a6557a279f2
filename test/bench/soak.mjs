// 50 gateways under gwproxy, and each second one of them is killed. Promised: every kill is answered by one restart,
// the memory of gwproxy stays flat (the last minute within 5 % of the third), no descriptor is leaked, and `down`
// leaves no process behind. Prints a table and ends with 1 where a promise is broken. Linux only: /proc. Needs python3.
//
// Twenty kills of each gateway come before the soak: V8 compiles what a restart runs as it becomes hot, and its
// compiler's threads keep what that took. In a soak of 30 minutes memory grew by 5 MB from the 500th restart to the
// 1100th, and by 2 in the 1200 after them; it is no leak, and would be looked at as one.
//   npm run bench:soak [-- MINUTES]      10 by default; below 4 there is no third minute to compare with
import { spawnSync } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { median } from './interleaved.mjs';
import { ask, descriptorsOf, load, mebibytes, memoryOf } from './measure.mjs';
import { underGwproxy } from './supervised.mjs';

const GATEWAYS = 50;
const WARM_UP = { kills: 20 * GATEWAYS, every: 150 };
const MOST_GROWTH = 0.05;
const RECOVERY_MS = 30_000;
const minutes = Number(process.argv[2] ?? 10);
if (!(minutes > 0)) {
  console.error('usage: soak.mjs [MINUTES]');
  process.exit(2);
}

// A second of uptime makes the next restart a first one: this is about restarts, not about the waits between them.
const gwproxy = await underGwproxy(GATEWAYS, {
  restart: { min: '100ms', max: '1s', reset: '1s' },
  stop: { drain: '1s', grace: '5s' },
});

/** By profile: the pid, and since when it is ready; absent while it is not. */
const ready = new Map();
/** By profile: what to call when it is ready again. */
const waiting = new Map();
let starts = 0;
gwproxy.events.on('event', (event) => {
  if (event.type !== 'gateway.state') return;
  const { profile, state } = event;
  if (state === 'starting') starts += 1;
  if (state !== 'ready') return void ready.delete(profile);
  ready.set(profile, { pid: event.pid, since: performance.now() });
  waiting.get(profile)?.();
  waiting.delete(profile);
});
for (const { name, pid } of gwproxy.status().profiles) ready.set(name, { pid, since: performance.now() });

const samples = [];
let recoveries = [];
const problems = [];
let kills = 0;
let unanswered = 0;
const underWay = new Set();

function killOne() {
  // One that has just come back would wait for its next start.
  const stable = [...ready].filter(([, { since }]) => performance.now() - since > 2000);
  const [profile, { pid }] = stable[Math.floor(Math.random() * stable.length)] ?? [null, {}];
  if (profile === null) return;
  const killedAt = performance.now();
  ready.delete(profile);
  kills += 1;
  process.kill(pid, 'SIGKILL');
  const again = new Promise((resolve) => {
    const timer = setTimeout(() => {
      problems.push(`${profile} was not ready again within ${RECOVERY_MS} ms`);
      resolve();
    }, RECOVERY_MS);
    waiting.set(profile, () => {
      clearTimeout(timer);
      recoveries.push(performance.now() - killedAt);
      resolve();
    });
  });
  const asked = ask(gwproxy.port, `/p/${profile}/`).then((answer) => {
    if (answer === null) unanswered += 1;
  });
  const done = Promise.all([again, asked]).finally(() => underWay.delete(done));
  underWay.add(done);
}

/** While no probe is under way: the least of several looks. */
async function descriptors() {
  const looks = [];
  for (let look = 0; look < 30; look++) {
    looks.push(descriptorsOf(gwproxy.pid));
    await pause(100);
  }
  return Math.min(...looks);
}

function meanBetween(field, from, to) {
  const values = samples.filter(({ at }) => at >= from && at < to).map((sample) => sample[field]);
  return values.reduce((total, value) => total + value, 0) / values.length;
}

let warmUp = 0;
let first;
let last;
let left = [];
let down;
try {
  const startsBefore = starts;
  for (let left = WARM_UP.kills; left > 0; left -= 1) {
    killOne();
    await pause(WARM_UP.every);
  }
  await Promise.all(underWay);
  await pause(3000);
  first = await descriptors();
  warmUp = kills;
  recoveries = [];
  unanswered = 0;
  const soakedAt = performance.now();
  for (let second = 0; second < minutes * 60; second++) {
    killOne();
    samples.push({ at: second, ...memoryOf(gwproxy.pid) });
    await pause(Math.max(0, soakedAt + (second + 1) * 1000 - performance.now()));
  }
  await Promise.all(underWay);
  await pause(3000);
  last = await descriptors();
  const restarts = gwproxy.status().profiles.reduce((total, profile) => total + profile.restarts, 0);
  if (restarts !== kills) problems.push(`${kills} kills, ${restarts} restarts by status`);
  if (starts - startsBefore !== kills) problems.push(`${kills} kills, ${starts - startsBefore} starts told`);
  if (first !== last) problems.push(`${first} descriptors at the start, ${last} at the end`);
  down = spawnSync(process.execPath, gwproxy.cli('down'), { env: gwproxy.env, encoding: 'utf8' });
  await gwproxy.exited;
  left = gwproxy.gateways();
  if (down.status !== 0) problems.push(`down ended with ${down.status}: ${down.stderr}`);
  if (left.length > 0) problems.push(`${left.length} processes left after down: ${left.join(', ')}`);
} finally {
  await gwproxy.stop();
}

const end = samples.length;
const growth = {};
for (const field of ['pss', 'rss']) {
  const third = meanBetween(field, 120, 180);
  growth[field] = meanBetween(field, end - 60, end) / third - 1;
}
const judged = minutes >= 4;
if (judged && growth.pss > MOST_GROWTH) {
  problems.push(`memory grew by ${(growth.pss * 100).toFixed(1)} % from the third minute to the last`);
}
const percent = (value) => (Number.isNaN(value) ? 'too short a run' : `${(value * 100).toFixed(1)} %`);
console.log(
  `\n${GATEWAYS} gateways, ${warmUp} kills to warm up and ${kills - warmUp} in ${minutes} minutes; ` +
    `node ${process.version}, ${load()}\n`,
);
console.log('minute     PSS, MiB (mean)   RSS, MiB (mean)');
for (let minute = 0; minute * 60 < end; minute++) {
  const of = (field) => mebibytes(meanBetween(field, minute * 60, Math.min(end, minute * 60 + 60)));
  console.log(`${String(minute + 1).padEnd(11)}${of('pss').padEnd(18)}${of('rss')}`);
}
console.log(`\ngrowth, third minute to last   PSS ${percent(growth.pss)}, RSS ${percent(growth.rss)}`);
console.log(`descriptors                    ${first} at the start, ${last} at the end`);
console.log(
  `kill to ready, ms              ${median(recoveries)?.toFixed(0)} median, ${Math.max(...recoveries).toFixed(0)} at most`,
);
console.log(`requests sent at the kill      ${kills - warmUp - unanswered} of ${kills - warmUp} answered`);
console.log(`processes left after down      ${left.length}`);
if (problems.length > 0) {
  console.error(`\nbroken:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  process.exitCode = 1;
}
