import { readFile } from 'node:fs/promises';
import { errorCode } from '../../util/errno.ts';
import { error, type Fault, warn } from './finding.ts';
import type { Subject } from './subject.ts';

/** In a container, PID 1 must reap orphaned processes of gateways, and Node does not. */
export async function checkInit(): Promise<readonly Fault[]> {
  const command = await textOf('/proc/1/cmdline');
  return command === null ? [] : initFault(command.split('\0'));
}

/** `words` is PID 1's command line. Pure. */
export function initFault(words: readonly string[]): readonly Fault[] {
  const [program = ''] = words;
  const isNode = /(?:^|\/)(?:node|nodejs|npm|npx|bun)$/.test(program) || /^(?:npm|node) /.test(program);
  const isOurs = words.some((word) => /(?:^|\/)gwproxy$/.test(word));
  if (!isNode && !isOurs) return [];
  return [
    warn(
      'PID 1 is Node, which leaves ended processes of gateways as zombies',
      'use docker run --init, or ENTRYPOINT ["tini", "--"]',
    ),
  ];
}

/** A request needs one descriptor for the client and one for the gateway; the rest are for logs, probes and Node. */
const FILES_PER_CONNECTION = 2;
const FILES_FOR_GWPROXY = 128;
const FILES_PER_GATEWAY = 8;

/** The hard limit counts: Node raises the soft one to it as it starts. */
export async function checkDescriptors({ plan }: Subject): Promise<readonly Fault[]> {
  const limits = await textOf('/proc/self/limits');
  if (limits === null || plan === null) return [];
  return descriptorFault(limits, plan.limits.connections, plan.profiles.length);
}

/** `text` is that of proc_pid_limits(5). Pure. */
export function descriptorFault(text: string, connections: number, profiles: number): readonly Fault[] {
  const hard = Number(/^Max open files +\S+ +(\d+)/m.exec(text)?.[1] ?? Number.POSITIVE_INFINITY);
  const others = FILES_FOR_GWPROXY + FILES_PER_GATEWAY * profiles;
  const needed = connections * FILES_PER_CONNECTION + others;
  if (hard >= needed) return [];
  const fits = Math.floor((hard - others) / FILES_PER_CONNECTION);
  const what = `gwproxy may open ${hard} files, but limits.connections ${connections} needs ${needed}`;
  const raise = `raise the limit: ulimit -Hn ${needed} (systemd: LimitNOFILE=${needed})`;
  return fits >= 64 ? [warn(what, `${raise}, or limits: { connections: ${fits} }`)] : [error(what, raise)];
}

/** Null if this system has no such file. */
async function textOf(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'latin1');
  } catch (failure) {
    if (errorCode(failure) === undefined) throw failure;
    return null;
  }
}
