import { basename } from 'node:path';
import type { KnownHolder } from '../../config/types.ts';
import { shellWord } from '../../util/shell-word.ts';
import { readMark, readVariable } from '../tree/environ.ts';
import { profileIn } from '../tree/mark.ts';
import { readProc } from '../tree/proc.ts';
import { pm2OwnerOf } from './pm2-daemon.ts';
import { printable } from './socket-holders.ts';

/** What is known of a program that holds a port, for the operator. Both texts are safe to be shown. */
export interface HolderFacts {
  /** Follows the program and its pid, as in `, which pm2 runs as 'bot'`. */
  readonly who: string;
  /** How the port becomes free, as in "end it with `hermes gateway stop`". */
  readonly advice: string;
}

type Recognise = (pid: number, known: readonly KnownHolder[]) => HolderFacts | null;

/**
 * Who may hold a gateway's port, and how it is recognised: the first that knows the process names it. What runs a program
 * comes before the program itself, since whoever runs it would only start it again.
 */
const RECOGNISED: readonly Recognise[] = [ofGwproxy, ofPm2, byCommandLine];

/** Names the process beyond its program; null if nothing is known of it. Nothing can be known without /proc. */
export function holderFacts(pid: number, known: readonly KnownHolder[]): HolderFacts | null {
  for (const recognise of RECOGNISED) {
    const facts = recognise(pid, known);
    if (facts !== null) return facts;
  }
  return null;
}

/** A gateway that another gwproxy runs, or what one of its processes started. A mark may be forged. */
function ofGwproxy(pid: number): HolderFacts | null {
  const mark = readMark(pid);
  const profile = mark === null ? null : profileIn(mark);
  if (profile === null) return null;
  return {
    who: `, which bears the mark of profile '${profile}' of a gwproxy`,
    advice: 'if another gwproxy runs it, stop that profile there; else end the process',
  };
}

/** The usual case when apps move from pm2 to gwproxy. */
function ofPm2(pid: number): HolderFacts | null {
  const owner = pm2OwnerOf(pid);
  if (owner === null) return null;
  return {
    who: `, which pm2 runs${owner.name === null ? '' : ` as '${printable(owner.name)}'`}`,
    advice: '`gwproxy doctor` prints the command that removes it from pm2',
  };
}

/** What the profile's preset knows. */
function byCommandLine(pid: number, known: readonly KnownHolder[]): HolderFacts | null {
  const words = (readProc(`/proc/${pid}/cmdline`) ?? '').split('\0');
  for (const holder of known) {
    const command = stopCommand(holder, words, (name) => readVariable(pid, name));
    if (command === null) continue;
    return { who: `, which is ${holder.name}`, advice: `end it with \`${printable(command)}\`` };
  }
  return null;
}

/** The command that ends the program with that command line and environment; null if it is another program. Pure. */
export function stopCommand(
  { programs, args, stop }: KnownHolder,
  words: readonly string[],
  variable: (name: string) => string | null,
): string | null {
  const at = words.findIndex((word) => programs.includes(basename(word)));
  if (at === -1) return null;
  const own = words.slice(at + 1);
  let next = 0;
  for (const word of own) if (word === args[next]) next += 1;
  if (next < args.length) return null;
  const env = stop.env.flatMap((name) => {
    const value = variable(name);
    return value === null || value === '' ? [] : [`${name}=${shellWord(value)}`];
  });
  const options = stop.options.flatMap((option) => {
    const index = own.indexOf(option);
    const value = index === -1 ? undefined : own[index + 1];
    return value === undefined ? [] : [option, shellWord(value)];
  });
  return [...env, stop.program, ...options, ...stop.args].join(' ');
}
