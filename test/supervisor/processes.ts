import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Event } from '../../src/events.ts';
import type { Log } from './support.ts';

/** Whether that process is there and no zombie: not all systems' PID 1 reaps at once. */
export function isRunning(pid: number): boolean {
  return stateOf(pid) !== null && stateOf(pid) !== 'Z';
}

function stateOf(pid: number): string | null {
  const stat = read(`/proc/${pid}/stat`);
  return stat === '' ? null : stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
}

/** The living processes whose environment holds that text. */
export function processesWith(text: string): readonly number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && read(`/proc/${entry}/environ`).includes(text))
    .map(Number)
    .filter(isRunning);
}

/** The mark in its environment. */
export function markOf(pid: number): string {
  const mark = /(?:^|\0)GWPROXY_GATEWAY=([^\0]*)/.exec(read(`/proc/${pid}/environ`))?.[1];
  assert.ok(mark, `process ${pid} has no mark`);
  return mark;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // It ended, or is another user's: none of ours.
  }
}

/** Resolves with the ms that it took until `done`; fails after `within`. */
export async function until(what: string, done: () => boolean, within: number): Promise<number> {
  const from = performance.now();
  while (!done()) {
    assert.ok(performance.now() - from < within, `${what}: not within ${within} ms`);
    await pause(5);
  }
  return performance.now() - from;
}

/** The pids that a gateway's program prints as `word pid`, once there are so many. */
export async function printedPids(log: Log, profile: string, word: string, count: number): Promise<number[]> {
  const pids = (): number[] =>
    log.lines(profile).flatMap((line) => (line.startsWith(`${word} `) ? [Number(line.split(' ')[1])] : []));
  const isTold = (event: Event): boolean => event.type === 'gateway.output' && pids().length >= count;
  if (pids().length < count) await log.next(isTold);
  return pids();
}
