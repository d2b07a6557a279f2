import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { formatProblem, type Loaded, loadConfig } from '../../src/config/load.ts';
import type { Plan, Template } from '../../src/config/types.ts';

export type Written = Readonly<Record<string, string>>;

/** Makes a temporary folder with those files; the test removes it at its end. */
export async function folder(t: TestContext, files: Written): Promise<string> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'gwproxy-config-')));
  t.after(() => rm(path, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text, { mode: name.endsWith('.sh') ? 0o755 : 0o644 });
  }
  return path;
}

export interface Outcome {
  readonly at: string;
  readonly loaded: Loaded;
  /** The lines that the user reads: the problems, or the warnings of a valid config. */
  readonly lines: readonly string[];
}

export const ENV = { PATH: process.env['PATH'] ?? '', HOME: '/home/ada' };

export async function load(t: TestContext, files: Written, env: NodeJS.ProcessEnv = ENV): Promise<Outcome> {
  const at = await folder(t, files);
  const loaded = await loadConfig(join(at, 'gwproxy.yaml'), { env });
  const told = loaded.ok ? loaded.warnings : loaded.problems;
  return { at, loaded, lines: told.map((problem) => formatProblem(problem, at)) };
}

/** The plan of a config; fails if the config is invalid. */
export async function planOf(t: TestContext, files: Written, env: NodeJS.ProcessEnv = ENV): Promise<Plan> {
  const { loaded, lines } = await load(t, files, env);
  if (!loaded.ok) throw new Error(`the config is invalid:\n${lines.join('\n')}`);
  return loaded.plan;
}

export function show(template: Template): string {
  return template.map((part) => (typeof part === 'string' ? part : `<${part.port}>`)).join('');
}

/** The arguments and environment of a profile, with ports as `<listener>`. */
export function launchOf(plan: Plan, name: string) {
  const launch = plan.profiles.find((profile) => profile.name === name)?.launch;
  if (launch?.kind !== 'command') throw new Error(`profile '${name}' has no command in the plan`);
  const env = Object.entries(launch.env).map(([key, value]) => [key, show(value)] as const);
  return { argv: launch.command.map(show), cwd: launch.cwd, env: Object.fromEntries(env) };
}
