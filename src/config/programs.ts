import { delimiter, resolve } from 'node:path';
import { type Problem, problemAt } from './problems.ts';
import type { Profile } from './read/profile.ts';
import type { Text } from './read/resolve.ts';
import type { Files } from './source/files.ts';
import { literalText } from './source/interpolate.ts';
import { valueSource } from './source/yaml-tree.ts';

/** Where execvp searches if a gateway's environment has no PATH (libuv, uv__execvpe; confstr _CS_PATH). */
const DEFAULT_PATH = '/usr/bin:/bin';

/** Checks that a profile's working folder and program exist, so that a mistake shows before the first start. */
export async function checkProgram(profile: Profile, files: Files): Promise<readonly Problem[]> {
  const { command, healthCommand, envCommand, cwd, program, invalidFields } = profile;
  if (profile.config.url !== undefined) return [];
  if (invalidFields.has('cwd')) return [];
  if (!(await files.isFolder(cwd))) {
    return [
      problemAt(cwdSource(profile), 'cwd is not an existing folder; correct the path, or make the folder'),
    ];
  }
  const problems: Problem[] = [];
  for (const [first, what] of [
    [command[0], `missing command: '${program}'`],
    [healthCommand[0], 'health.command: its program'],
    [envCommand[0], 'env_command: its program'],
  ] as const) {
    const fault = first === undefined ? null : await programFault(first, profile, files);
    if (first !== undefined && fault !== null) problems.push(problemAt(first.source, `${what} ${fault}`));
  }
  return problems;
}

function cwdSource(profile: Profile) {
  return profile.config.cwd === undefined ? profile.source : valueSource(profile.tree, ['cwd']);
}

async function programFault(first: Text, profile: Profile, files: Files): Promise<string | null> {
  const name = literalText(first.parts);
  if (name === null) return 'cannot depend on a port; write its name or path';
  if (name.includes('/')) {
    const found = await files.program(resolve(profile.cwd, name));
    if (found === 'runs') return null;
    return found === 'missing' ? 'does not exist; correct the path' : 'is not executable; run chmod +x on it';
  }
  const path = pathOf(profile);
  if (path === null || profile.invalidFields.has('env')) return null;
  for (const folder of path.split(delimiter)) {
    if ((await files.program(resolve(profile.cwd, folder, name))) === 'runs') return null;
  }
  if (/^[A-Za-z_][A-Za-z0-9_]*=/.test(name)) return 'is a variable; put it under env';
  return "is not on the profile's PATH; write its full path";
}

/** The gateway's PATH; null if it holds a port and so is not known yet. */
function pathOf(profile: Profile): string | null {
  const own = profile.env.get('PATH');
  return own === undefined ? (profile.inherited.get('PATH') ?? DEFAULT_PATH) : literalText(own.parts);
}
