import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';

/** The proportional set size of these processes together, in MB (proc_pid_smaps_rollup(5)): what they would free. */
export async function memoryOf(pids: readonly number[]): Promise<number> {
  const sizes = await Promise.all(
    pids.map(async (pid) => {
      const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
      return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1]);
    }),
  );
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1000);
}

/** `load 1.2`: the machine's load average of the last minute, without which no time means anything. */
export function loadText(): string {
  return `load ${(loadavg()[0] ?? 0).toFixed(1)}`;
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
