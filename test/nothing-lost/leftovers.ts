import { setTimeout as pause } from 'node:timers/promises';
import { tagged } from '../faults/support/processes.ts';

const PATIENCE_MS = 20_000;
const LOOK_MS = 200;

/**
 * Resolves once no process carries the tag: an orderly end leaves none, or none for long. What is left after that is
 * killed, and told as an error.
 */
export async function nothingLeft(tag: string): Promise<void> {
  for (const since = performance.now(); ; await pause(LOOK_MS)) {
    const left = (await tagged(tag)).filter(({ pid }) => pid !== process.pid);
    if (left.length === 0) return;
    if (performance.now() - since < PATIENCE_MS) continue;
    for (const { pid } of left) process.kill(pid, 'SIGKILL');
    throw new Error(`left behind: ${left.map(({ pid, args }) => `${pid} ${args}`).join('; ')}`);
  }
}
