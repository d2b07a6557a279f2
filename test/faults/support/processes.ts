import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly args: string;
}

/** Every process of this machine, as `ps` shows it; zombies run no code and are left out. */
async function processes(): Promise<readonly Process[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,ppid=,stat=,args='], {
    maxBuffer: 16 * 1024 ** 2,
  });
  return stdout.split('\n').flatMap((row) => {
    const [, pid, parent, state, args] = /^ *(\d+) +(\d+) +(\S+) +(.*)$/.exec(row) ?? [];
    if (pid === undefined || state === undefined || args === undefined || state.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), args }];
  });
}

/** The processes with the tag in their arguments or, if the system shows it, in their environment. */
export async function tagged(tag: string): Promise<readonly Process[]> {
  return (await processes()).filter(
    ({ pid, args }) => args.includes(tag) || proc(pid, 'environ').includes(tag),
  );
}

/** All descendants of a process. */
export async function descendants(pid: number): Promise<readonly Process[]> {
  const all = await processes();
  const found: Process[] = [];
  for (let parents = [pid]; parents.length > 0; ) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children);
    parents = children.map((child) => child.pid);
  }
  return found;
}

/** True if the process still runs; a zombie does not. */
export function isLiving(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = proc(pid, 'stat');
  // proc_pid_stat(5): pid (comm) state …; comm may hold parentheses.
  return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2));
}

/** Resolves with the ms that it took once none of these processes runs. */
export async function allGone(pids: readonly number[], withinMs: number): Promise<number> {
  const since = performance.now();
  for (;;) {
    const left = pids.filter(isLiving);
    const ms = performance.now() - since;
    if (left.length === 0) return ms;
    if (ms > withinMs) throw new Error(`alive after ${withinMs} ms: ${left.map(describe).join('; ')}`);
    await pause(5);
  }
}

function describe(pid: number): string {
  return `${pid} ${proc(pid, 'cmdline').replaceAll('\0', ' ')}`;
}

/** Empty if the system does not show it, or the process has ended. */
function proc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch {
    return '';
  }
}
