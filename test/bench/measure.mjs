// What benches read of processes and clocks. Linux: /proc.
import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

const KIB = 1024;

/**
 * Of one process, in bytes (proc_pid_smaps(5)). pss shares each page out among those who map it, so that it is lower
 * the more other Node processes run here; rss counts it in full; own are those that nobody else maps.
 */
export function memoryOf(pid) {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
  const field = (name) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * KIB;
  return {
    pss: field('Pss'),
    rss: field('Rss'),
    own: field('Private_Clean') + field('Private_Dirty'),
  };
}

/** Of several processes together. */
export function memoryOfAll(pids) {
  const sum = { pss: 0, rss: 0, own: 0 };
  for (const pid of pids) {
    const { pss, rss, own } = memoryOf(pid);
    sum.pss += pss;
    sum.rss += rss;
    sum.own += own;
  }
  return sum;
}

export function descriptorsOf(pid) {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Ids of the living processes of which the test is true: of their environment, as NAME=value texts, and parent. */
export function processesWhere(test) {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        if (state === 'Z' || state === 'X') return false;
        const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0');
        return test({ environment, parent: Number(parent) });
      } catch {
        return false; // it has ended, or is another's
      }
    })
    .map(Number);
}

/** One GET on a connection of its own; the answer's text, or null where there was no 200. */
export function ask(port, path, timeout = 10_000) {
  return new Promise((resolve) => {
    const sent = request({ host: '127.0.0.1', port, path, agent: false, timeout }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve(response.statusCode === 200 ? text : null));
      response.on('error', () => resolve(null));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(null));
    sent.end();
  });
}

/** A sender's requests, one each so many ms. */
const TRAFFIC_MS = 10;
/** How exactly the first answer is timed where nobody holds requests until there is one. */
const POLL_MS = 2;

/**
 * Sends requests, without waiting for the answers before, until one is answered, and not with the text `not`: after
 * how many ms, and how many of those that were sent until then had no 200.
 */
export async function answeredAfter({ port, path = '/', not = null, within = 20_000 }) {
  const since = performance.now();
  let took;
  let failed = 0;
  const take = (answer) => {
    if (answer !== null && answer !== not) took ??= performance.now() - since;
  };
  async function poll() {
    while (took === undefined) {
      take(await ask(port, path, within));
      await pause(POLL_MS);
    }
  }
  async function traffic() {
    const sent = [];
    while (took === undefined) {
      if (performance.now() - since > within)
        throw new Error(`no answer on port ${port} within ${within} ms`);
      const answer = ask(port, path, within);
      sent.push(answer);
      answer.then(take);
      await pause(TRAFFIC_MS);
    }
    for (const answer of await Promise.all(sent)) if (answer === null) failed += 1;
    return sent.length;
  }
  const [sent] = await Promise.all([traffic(), poll()]);
  return { took, failed, sent };
}

export function mebibytes(bytes) {
  return (bytes / KIB / KIB).toFixed(1);
}

/** The machine's load while it was measured: figures of a busy one are higher. */
export function load() {
  return `load ${loadavg()[0].toFixed(2)}`;
}
