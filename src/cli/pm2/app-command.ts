import { basename, extname, isAbsolute, relative, resolve } from 'node:path';
import { isPlainObject } from '../../util/plain-object.ts';
import type { Machine } from './local-machine.ts';
import { type Note, note } from './notes.ts';
import { splitArguments } from './pm2-values.ts';
import type { App } from './source/pm2-app.ts';

export type AppCommand =
  | {
      readonly ok: true;
      /** The program is an absolute path, a path below `cwd`, or `node`. */
      readonly command: readonly [string, ...string[]];
      /** Absolute. */
      readonly cwd: string;
      /** Variables that pm2 sets for a program of this kind. */
      readonly env: ReadonlyMap<string, string>;
      readonly notes: readonly Note[];
    }
  /** pm2 could not start the app either. */
  | { readonly ok: false; readonly reason: string };

/** lib/API/interpreter.json */
const INTERPRETERS: ReadonlyMap<string, string> = new Map([
  ['.sh', 'bash'],
  ['.py', 'python'],
  ['.rb', 'ruby'],
  ['.php', 'php'],
  ['.pl', 'perl'],
  ['.js', 'node'],
  ['.coffee', 'coffee'],
  ['.ls', 'lsc'],
  ['.ts', 'bun'],
  ['.tsx', 'bun'],
]);

/** The command of an app, put together as pm2's lib/Common.js and lib/God/ForkMode.js do. */
export function commandOf(app: App, machine: Machine): AppCommand {
  const script = textOf(app.fields.get('script'));
  if (script === undefined) return { ok: false, reason: 'it has no script' };
  const cwd = resolve(machine.folder, textOf(app.fields.get('cwd')) ?? '.');
  if (!machine.isFolder(cwd)) return { ok: false, reason: `there is no folder ${cwd}` };
  const programs = programsOf(app, machine);
  if (app.kind === 'ecosystem' && script.includes(' ')) return shellCommand(script, cwd, programs);

  const path = resolve(cwd, script);
  const found = machine.isFile(path) ? path : programs.find(script);
  if (found === null) return { ok: false, reason: notFound(script, path) };
  const args = listOf(app.fields.get('args'));
  const isOnPath = found !== path || programs.isOnPath(path);
  const named = textOf(app.fields.get('exec_interpreter'));
  const direct = [isOnPath ? programs.spell(found) : dotted(found, cwd), ...args] as const;
  if (named === 'none') return runs(direct, cwd);
  // The first line of a script on PATH names its interpreter; pm2 would guess node.
  if (named === undefined && isOnPath) return runs(direct, cwd);
  if (named === undefined && !INTERPRETERS.has(extname(found)) && machine.isBinary(found)) {
    return runs(direct, cwd);
  }
  const interpreter = interpreterOf(named, found, cwd, machine, programs);
  if ('reason' in interpreter) return { ok: false, reason: interpreter.reason };
  const flags = [
    ...listOf(app.fields.get('node_args')),
    ...interpreter.flags,
    ...sourceMapFlags(app, interpreter.program),
  ];
  const command = [interpreter.program, ...flags, plainPath(found, cwd), ...args] as const;
  return { ...runs(command, cwd, interpreter.program), notes: interpreter.notes };
}

function runs(command: readonly [string, ...string[]], cwd: string, interpreter = '') {
  // Without it, Python writes to a pipe in blocks, and its output shows late.
  const env: readonly (readonly [string, string])[] = interpreter.includes('python')
    ? [['PYTHONUNBUFFERED', '1']]
    : [];
  return { ok: true as const, command, cwd, env: new Map(env), notes: [] };
}

/** pm2 runs a script with a space in it as a shell's command line, and ignores `args`. */
function shellCommand(script: string, cwd: string, programs: Programs): AppCommand {
  const shell = programs.find('bash') ?? programs.find('sh');
  if (shell === null) return { ok: false, reason: `there is no shell for '${script}'` };
  return runs([shell, '-c', script], cwd);
}

function notFound(script: string, path: string): string {
  return script.includes('/') || script.includes('.')
    ? `there is no script ${path}`
    : `there is no script ${path}, and no program ${script} on PATH: write its full path in pm2's file`;
}

/** Looks programs up as the app would find them: on the PATH in its own environment, then on this shell's. */
interface Programs {
  find(program: string): string | null;
  /** True if the program's bare name leads to that very file. */
  isOnPath(path: string): boolean;
  /** How the config spells a program that was found. */
  spell(path: string): string;
}

/** Their behaviour does not depend on the link that they are called by; a virtual environment's Python does. */
const ANY_LINK: ReadonlySet<string> = new Set(['node', 'bun']);

function programsOf(app: App, machine: Machine): Programs {
  const env = app.fields.get('env');
  const ownPath = isPlainObject(env) ? textOf(env['PATH']) : undefined;
  const find = (program: string): string | null =>
    (ownPath === undefined ? null : machine.which(program, ownPath)) ?? machine.which(program);
  const isSame = (path: string, other: string): boolean =>
    other === path || (ANY_LINK.has(basename(path)) && machine.real(other) === machine.real(path));
  const byName = (path: string): string | null => {
    const found = isAbsolute(path) ? find(basename(path)) : null;
    return found !== null && isSame(path, found) ? found : null;
  };
  return {
    find,
    isOnPath: (path) => byName(path) !== null,
    // gwproxy itself runs on the `node` that PATH leads to, and a version manager moves the file behind it with every
    // upgrade. No other program is sure to be on the PATH of the shell or service that runs gwproxy.
    spell: (path) => {
      const found = byName(path);
      return found !== null && basename(path) === 'node' ? 'node' : (found ?? path);
    },
  };
}

interface Interpreter {
  readonly program: string;
  readonly flags: readonly string[];
  readonly notes: readonly Note[];
}

type Missing = { readonly reason: string };

function interpreterOf(
  named: string | undefined,
  script: string,
  cwd: string,
  machine: Machine,
  programs: Programs,
): Interpreter | Missing {
  if (named?.includes('/')) return interpreterAt(named, cwd, machine, programs);
  if (named?.includes('node@')) return nvmNode(named, machine);
  const wanted = named ?? INTERPRETERS.get(extname(script)) ?? 'node';
  if (named === undefined && extname(script) === '.ts' && programs.find('bun') === null) {
    return typeScript(script, machine);
  }
  const found =
    programs.find(wanted) ?? (named === undefined && wanted === 'python' ? programs.find('python3') : null);
  if (found !== null) return plain(programs.spell(found));
  return {
    reason: `its interpreter ${wanted} is not on PATH: write its full path in pm2's file, as interpreter`,
  };
}

/** pm2 looks for it from the folder that pm2 is called in, and runs it from the app's: a virtual environment's Python, say. */
function interpreterAt(
  named: string,
  cwd: string,
  machine: Machine,
  programs: Programs,
): Interpreter | Missing {
  const candidates = [resolve(cwd, named), resolve(machine.folder, named)];
  const found = candidates.find((path) => machine.which(path) !== null);
  if (found === undefined) return { reason: `its interpreter ${candidates[0]} is not an executable` };
  return plain(programs.isOnPath(found) ? programs.spell(found) : dotted(found, cwd));
}

function plain(program: string): Interpreter {
  return { program, flags: [], notes: [] };
}

/** lib/tools/typestrip.js */
function typeScript(script: string, { nodeVersion }: Machine): Interpreter | Missing {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  if (major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)) return plain('node');
  if (major === 23 || (major === 22 && minor >= 6)) {
    return { program: 'node', flags: ['--experimental-strip-types'], notes: [] };
  }
  return { reason: `${basename(script)} needs bun, or Node.js 22.18 or newer (this is ${nodeVersion})` };
}

/** `node@20.19.0` names a Node that nvm installed. */
function nvmNode(named: string, machine: Machine): Interpreter {
  const version = named.slice(named.indexOf('@') + 1);
  const nvm = machine.env['NVM_DIR'] || `${machine.home}/.nvm`;
  const program = `${nvm}/versions/node/v${version}/bin/node`;
  if (machine.isFile(program)) return plain(program);
  const text = `there is no ${program}; the node on PATH is used instead`;
  return { program: 'node', flags: [], notes: [note('interpreter', text)] };
}

/** pm2 turns source maps on for every Node program; here only the app's own setting does. */
function sourceMapFlags(app: App, program: string): readonly string[] {
  return app.fields.get('source_map_support') === true && /node$/.test(program)
    ? ['--enable-source-maps']
    : [];
}

/** Relative to the working folder if it lies below it, and never spelled like an option. */
function plainPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  if (short === '' || short.startsWith('..') || isAbsolute(short)) return path;
  return short.startsWith('-') ? `./${short}` : short;
}

/** The same for a program, which without a slash would be looked up on PATH. */
function dotted(path: string, cwd: string): string {
  const short = plainPath(path, cwd);
  return short.includes('/') ? short : `./${short}`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Arguments given as a list, or in one string. */
function listOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value === 'string') return splitArguments(value);
  return typeof value === 'number' ? [String(value)] : [];
}
