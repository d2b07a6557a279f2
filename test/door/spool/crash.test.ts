import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Spool } from '../../../src/door/spool/spool.ts';
import { SPOOL_LIMITS } from '../../../src/door/spool/store/budget.ts';
import { nodeDisk } from '../../../src/door/spool/store/disk.ts';
import { FolderStore } from '../../../src/door/spool/store/folder.ts';
import type { Event } from '../../../src/events.ts';
import { Timers } from '../../../src/util/timers.ts';
import { fixture } from '../../support/root.ts';

interface Life {
  readonly signal: string | null;
  /** Lines that begin with that word, without it. */
  said(word: string): readonly string[];
}

let root = '';
before(() => {
  root = mkdtempSync(join(tmpdir(), 'gwproxy-crash-'));
});
after(() => rmSync(root, { recursive: true, force: true }));

/** The first run, which ends at its `point`-th point; -1 for none. */
function firstLife(folder: string, point: number, when: 'before' | 'half'): Promise<Life> {
  return new Promise((resolve, reject) => {
    const args = [fixture('spool/crash.mjs'), folder, String(point), when];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code !== 0 && signal !== 'SIGKILL') reject(new Error(`ended with ${code}: ${err}`));
      const lines = out.split('\n');
      resolve({
        signal,
        said: (word) =>
          lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.slice(word.length + 1)] : [])),
      });
    });
  });
}

interface Second {
  readonly sent: readonly string[];
  readonly dead: number;
  readonly events: readonly Event[];
}

/** What a new start finds in the folder and does with it. */
async function secondLife(folder: string): Promise<Second> {
  const sent: string[] = [];
  const events: Event[] = [];
  const timers = new Timers();
  const spool = new Spool({
    store: new FolderStore({ folder, disk: nodeDisk, limits: SPOOL_LIMITS, now: Date.now }),
    readiness: { stateOf: () => 'ready', ensureReady: () => {} },
    send: async ({ body, headers }) => {
      const name = headers[1] ?? '';
      assert.equal(body.toString(), bodyOf(name), 'torn');
      sent.push(name);
      return { kind: 'answered', status: name === 'bad' ? 400 : 200, retryAfter: null };
    },
    report: (event) => events.push(event),
    timers,
    now: Date.now,
    random: Math.random,
  });
  await spool.open();
  while (spool.hasSpooled('inbox')) await new Promise((resolve) => setImmediate(resolve));
  await spool.close(0);
  timers.close();
  return { sent, dead: spool.list().length, events };
}

function bodyOf(name: string): string {
  return `${name} `.repeat(20_000);
}

/** What it was killed at; null where it ended before that point. */
async function killedAt(point: number, when: 'before' | 'half'): Promise<string | null> {
  const folder = join(root, `${point}-${when}`);
  const first = await firstLife(folder, point, when);
  if (first.signal === null) return null;
  const [name = ''] = first.said('killed');
  const where = `killed at point ${point} (${name}, ${when})`;
  const second = await secondLife(folder);

  const acknowledged = first.said('acknowledged');
  const delivered = first.said('delivered').map((line) => {
    const [name = '', sha256] = line.split(' ');
    assert.equal(sha256, createHash('sha256').update(bodyOf(name)).digest('hex'), `${where}: torn`);
    return name;
  });
  assert.deepEqual(
    second.events.filter(({ type }) => type === 'spool.corrupt'),
    [],
    where,
  );
  for (const one of acknowledged) {
    assert.ok(delivered.includes(one) || second.sent.includes(one), `${where}: ${one} was lost`);
  }
  if (acknowledged.includes('bad') && first.said('retried').length === 0) {
    assert.equal(second.dead, 1, `${where}: the dead one is gone, and nobody dropped it`);
  }
  // Delivered twice: at most one of each order key, that whose removal was not done; one that is refused is dead.
  for (const key of ['a', 'b']) {
    const again = second.sent.filter(
      (one) => one.startsWith(key) && one !== 'bad' && delivered.includes(one),
    );
    assert.ok(again.length <= 1, `${where}: ${again.join()} came twice`);
    const order = [...new Set([...delivered, ...second.sent])].filter(
      (one) => one.startsWith(key) && one !== 'bad' && acknowledged.includes(one),
    );
    assert.deepEqual(order, [...order].sort(), `${where}: out of order`);
  }
  assert.ok(new Set(second.sent).size === second.sent.length, `${where}: twice in one run`);
  const left = readdirSync(join(folder, 'new')).length + readdirSync(join(folder, 'tmp')).length;
  assert.equal(left, 0, `${where}: something is left`);
  rmSync(folder, { recursive: true, force: true });
  return name;
}

test('killed at any point of its way, the spool has lost nothing that was acknowledged', async () => {
  const whole = await firstLife(join(root, 'whole'), -1, 'before');
  assert.equal(whole.signal, null);
  const points = Number(whole.said('points')[0]);
  assert.deepEqual([...whole.said('acknowledged')].sort(), ['a1', 'a2', 'b1', 'b2', 'bad']);
  assert.deepEqual([whole.said('retried'), whole.said('dropped')], [['1'], ['1']]);
  const seen = new Set<string>();
  // Lives differ by a few points, as what overlaps shares its syncs: until one ends before it is killed.
  let next = 0;
  let over = false;
  const work = async (): Promise<void> => {
    while (!over) {
      const point = next;
      next += 1;
      const name = await killedAt(point, 'before');
      if (name === 'write') await killedAt(point, 'half');
      if (name === null) over = true;
      else seen.add(name);
    }
  };
  const stop = (): void => {
    over = true;
  };
  const failed = await Promise.allSettled([work().finally(stop), work().finally(stop)]);
  for (const one of failed) if (one.status === 'rejected') throw one.reason;
  assert.ok(next > points - 10, `killed at ${next} points of ${points}`);
  for (const name of [
    'create',
    'write',
    'sync',
    'close',
    'rename',
    'syncFolder',
    'acknowledge',
    'send',
    'answer',
    'read',
    'remove',
  ]) {
    assert.ok(seen.has(name), `it was never killed at ${name}`);
  }
});
