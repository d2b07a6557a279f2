import { basename, extname, isAbsolute, relative, resolve } from 'node:path';
import { type Note, note } from './notes.ts';
import { splitArguments } from './pm2-values.ts';
import type { App } from './source/pm2-app.ts';

/** What the machine is asked to find out what pm2 would run. */
export interface Machine {
  /** Where relative paths of the apps begin. */
  readonly folder: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Such as 20.19.0. */
  readonly nodeVersion: string;
  isFile(path: string): boolean;
  isFolder(path: string): boolean;
  /** Whether it is a program of the machine's own, no script. */
  isBinary(path: string): boolean;
  /** Where a program is found on PATH; null where it is not. */
  which(program: string): string | null;
  /** The same path without links. */
  real(path: string): string;
}

export type AppCommand =
  | {
      readonly ok: true;
      readonly command: readonly [string, ...string[]];
      /** Absolute. */
      readonly cwd: string;
      /** Variables that pm2 sets for such a program. */
      readonly env: ReadonlyMap<string, string>;
      readonly notes: readonly Note[];
    }
  /** pm2 could not start it either. */
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

/** The command of an app, as pm2's lib/Common.js and lib/God/ForkMode.js put it together. */
export function commandOf(app: App, machine: Machine): AppCommand {
  const script = textOf(app.fields.get('script'));
  if (script === undefined) return { ok: false, reason: 'it has no script' };
  const cwd = resolve(machine.folder, textOf(app.fields.get('cwd')) ?? '.');
  if (!machine.isFolder(cwd)) return { ok: false, reason: `there is no folder ${cwd}` };
  if (app.kind === 'ecosystem' && script.includes(' ')) return ofShell(script, cwd, machine);

  const path = resolve(cwd, script);
  const found = machine.isFile(path) ? path : machine.which(script);
  if (found === null) return { ok: false, reason: `there is no script ${path}` };
  const args = listOf(app.fields.get('args'));
  const onPath = found !== path || shortName(path, machine) !== path;
  const named = textOf(app.fields.get('exec_interpreter'));
  const own = [onPath ? shortName(found, machine) : dotted(found, cwd), ...args] as const;
  if (named === 'none') return launched(own, cwd);
  // Found on PATH and with an interpreter of its own: its first line names it, better than pm2's guess (node).
  if (named === undefined && onPath) return launched([own[0], ...args], cwd);
  if (named === undefined && !INTERPRETERS.has(extname(found)) && machine.isBinary(found)) {
    return launched([own[0], ...args], cwd);
  }
  const interpreter = interpreterOf(named, found, cwd, machine);
  if ('reason' in interpreter) return { ok: false, reason: interpreter.reason };
  const flags = [
    ...listOf(app.fields.get('node_args')),
    ...interpreter.flags,
    ...sourceMaps(app, interpreter.program),
  ];
  const command = [interpreter.program, ...flags, plainPath(found, cwd), ...args] as const;
  return { ...launched(command, cwd, interpreter.program), notes: interpreter.notes };
}

function launched(command: readonly [string, ...string[]], cwd: string, interpreter = '') {
  // Or its output would come late, in blocks.
  const env: readonly (readonly [string, string])[] = interpreter.includes('python')
    ? [['PYTHONUNBUFFERED', '1']]
    : [];
  return { ok: true as const, command, cwd, env: new Map(env), notes: [] };
}

/** A script with a blank in it is a command line to pm2, and `args` do not count beside it. */
function ofShell(script: string, cwd: string, machine: Machine): AppCommand {
  const shell = ['bash', 'sh'].find((name) => machine.which(name) !== null);
  if (shell === undefined) return { ok: false, reason: `there is no shell for '${script}'` };
  return launched([shell, '-c', script], cwd);
}

interface Interpreter {
  readonly program: string;
  readonly flags: readonly string[];
  readonly notes: readonly Note[];
}

function interpreterOf(
  named: string | undefined,
  script: string,
  cwd: string,
  machine: Machine,
): Interpreter | { readonly reason: string } {
  if (named?.includes('/')) return ofPath(named, cwd, machine);
  if (named?.includes('node@')) return ofVersion(named, machine);
  const wanted = named ?? INTERPRETERS.get(extname(script)) ?? 'node';
  if (named === undefined && extname(script) === '.ts' && machine.which('bun') === null) {
    return ofTypeScript(script, machine);
  }
  const program =
    named === undefined && wanted === 'python' && machine.which('python') === null ? 'python3' : wanted;
  if (machine.which(program) !== null) return plain(shortName(program, machine));
  return { reason: `its interpreter ${program} is not on PATH` };
}

/** pm2 looks for it from the folder at hand, and runs it from the app's: a virtual environment's Python, say. */
function ofPath(named: string, cwd: string, machine: Machine): Interpreter | { readonly reason: string } {
  const places = [resolve(cwd, named), resolve(machine.folder, named)];
  const found = places.find((path) => machine.which(path) !== null);
  if (found === undefined) return { reason: `its interpreter ${places[0]} is no program` };
  const short = shortName(found, machine);
  return plain(short === found ? dotted(found, cwd) : short);
}

function plain(program: string): Interpreter {
  return { program, flags: [], notes: [] };
}

/** lib/tools/typestrip.js */
function ofTypeScript(script: string, { nodeVersion }: Machine): Interpreter | { readonly reason: string } {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  if (major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18)) return plain('node');
  if (major === 23 || (major === 22 && minor >= 6)) {
    return { program: 'node', flags: ['--experimental-strip-types'], notes: [] };
  }
  return { reason: `${basename(script)} needs bun, or Node.js 22.18 or newer (this is ${nodeVersion})` };
}

/** `node@20.19.0` is nvm's. */
function ofVersion(named: string, machine: Machine): Interpreter {
  const version = named.slice(named.indexOf('@') + 1);
  const nvm = machine.env['NVM_DIR'] || `${machine.home}/.nvm`;
  const program = `${nvm}/versions/node/v${version}/bin/node`;
  if (machine.isFile(program)) return plain(program);
  return {
    program: 'node',
    flags: [],
    notes: [note('interpreter', `${program} is not there; the node on PATH is used`)],
  };
}

/** pm2 does it for every node program; it is asked for here where the app asks for it. */
function sourceMaps(app: App, program: string): readonly string[] {
  return app.fields.get('source_map_support') === true && /node$/.test(program)
    ? ['--enable-source-maps']
    : [];
}

/** Which do not care by what link they are called, as a virtual environment's Python does. */
const ANY_LINK: ReadonlySet<string> = new Set(['node', 'bun']);

/**
 * A program by its name where PATH leads to the very same. pm2's daemon notes Node's path without links, which a
 * version manager moves with the next upgrade.
 */
function shortName(program: string, machine: Machine): string {
  const name = basename(program);
  const found = isAbsolute(program) ? machine.which(name) : null;
  if (found === null) return program;
  const isSame = found === program || (ANY_LINK.has(name) && machine.real(found) === machine.real(program));
  return isSame ? name : program;
}

/** Relative to the working folder where it lies below; never taken for an option. */
function plainPath(path: string, cwd: string): string {
  const short = relative(cwd, path);
  if (short === '' || short.startsWith('..') || isAbsolute(short)) return path;
  return short.startsWith('-') ? `./${short}` : short;
}

/** As a program: without a slash it would be looked for on PATH. */
function dotted(path: string, cwd: string): string {
  const short = plainPath(path, cwd);
  return short.includes('/') ? short : `./${short}`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** Arguments as a list or in one text. */
function listOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value === 'string') return splitArguments(value);
  return typeof value === 'number' ? [String(value)] : [];
}
