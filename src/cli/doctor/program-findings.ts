import { existsSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import type { ProfilePlan, Template } from '../../config/types.ts';
import { interpreterFault } from '../../supervisor/process/interpreter.ts';
import { accountFor } from '../../supervisor/process/users.ts';
import { errorMessage } from '../../util/errno.ts';
import { error, type Fault } from './finding.ts';
import { placeText, type Subject } from './subject.ts';

/** Checks what makes a gateway's start fail and loading a config does not check: scripts, interpreters, users, groups. */
export async function checkLaunches({ plan }: Subject): Promise<readonly Fault[]> {
  const faults = await Promise.all(
    (plan?.profiles ?? []).map(async (profile) => [
      ...missingScript(profile),
      ...(await missingInterpreter(profile)),
      ...(await identity(profile)),
    ]),
  );
  return faults.flat();
}

const SCRIPTS = new Set(['.js', '.cjs', '.mjs', '.ts', '.py', '.rb', '.sh', '.php', '.pl']);
const INTERPRETERS = /^(?:node|bun|python[\d.]*|ruby|php|perl|ba?sh)$/;

function missingScript({ name, launch, source }: ProfilePlan): readonly Fault[] {
  if (launch.kind === 'url') return [];
  const words = launch.command.map(wordOf);
  const script = scriptIn(words);
  if (script === null || existsSync(resolve(launch.cwd, script))) return [];
  return [
    error(
      `${name}: the script ${resolve(launch.cwd, script)} does not exist`,
      'correct its command or cwd',
      placeText(source),
    ),
  ];
}

async function missingInterpreter({ name, launch, source }: ProfilePlan): Promise<readonly Fault[]> {
  if (launch.kind === 'url') return [];
  const file = wordOf(launch.command[0]);
  const path = launch.env.PATH === undefined ? undefined : wordOf(launch.env.PATH);
  // A port in one of them is not known yet.
  if (file === null || path === null) return [];
  const env = path === undefined ? {} : { PATH: path };
  const fault = await interpreterFault({ file, cwd: launch.cwd, env });
  return fault === null
    ? []
    : [error(`${name}: ${fault}`, 'correct its first line, or install what it names', placeText(source))];
}

/** The script that is an interpreter's first argument; null if that is not certain. Pure. */
export function scriptIn([program, ...args]: readonly (string | null)[]): string | null {
  if (program === undefined || program === null || !INTERPRETERS.test(basename(program))) return null;
  const first = args.find((word) => word === null || !word.startsWith('-'));
  // Behind an option, it may be that option's value.
  if (first === undefined || first === null || first !== args[0]) return null;
  return SCRIPTS.has(extname(first)) ? first : null;
}

/** A word of a command; null if it holds a port that is not known yet. */
export function wordOf(template: Template): string | null {
  const texts = template.filter((part) => typeof part === 'string');
  return texts.length === template.length ? texts.join('') : null;
}

async function identity({ name, launch, source }: ProfilePlan): Promise<readonly Fault[]> {
  if (launch.kind === 'url') return [];
  const { user, group } = launch.process;
  if (user === null && group === null) return [];
  if (process.getuid?.() !== 0) {
    return [
      error(
        `${name}: only root can run a gateway as another user or group`,
        'run gwproxy as root, or remove user and group',
        placeText(source),
      ),
    ];
  }
  try {
    await accountFor(launch.process);
    return [];
  } catch (failure) {
    const reason = errorMessage(failure);
    return [error(`${name}: ${reason}`, 'correct its user and group', placeText(source))];
  }
}
