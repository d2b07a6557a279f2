import { join } from 'node:path';
import { errorMessage } from '../../../util/errno.ts';
import { type Problem, problemAt } from '../../problems.ts';
import { parseEnvFile } from '../../source/env-file.ts';
import type { Files } from '../../source/files.ts';
import { parseYaml } from '../../source/yaml.ts';
import type { MapTree } from '../../source/yaml-tree.ts';
import type { Setting, Variable } from './hermes-settings.ts';

/** What a Hermes profile's own files hold. */
export interface HermesFiles {
  /** Null if config.yaml is not a readable map, which is a problem; empty if there is no such file. */
  readonly config: MapTree | null;
  /** Of the profile's .env. */
  readonly env: Variable;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly files: readonly string[];
}

/** Reads config.yaml and .env in a Hermes profile's folder; both are optional to Hermes. */
export async function readHermesFiles(home: string, files: Files): Promise<HermesFiles> {
  const configFile = join(home, 'config.yaml');
  const envFile = join(home, '.env');
  const config = await readConfig(configFile, files);
  const env = await readEnv(envFile, files);
  return {
    config: config.tree,
    env: env.variable,
    problems: [...config.problems, ...env.problems],
    warnings: env.warnings,
    files: [configFile, envFile],
  };
}

async function readConfig(
  file: string,
  files: Files,
): Promise<{ readonly tree: MapTree | null; readonly problems: readonly Problem[] }> {
  const start = { file, line: 1, column: 1 };
  const empty: MapTree = { kind: 'map', source: start, entries: new Map() };
  const text = await textOf(file, files);
  if (text === null) return { tree: empty, problems: [] };
  if (typeof text !== 'string') return { tree: null, problems: [problemAt(start, text.fault)] };
  const { tree, problems } = parseYaml(file, text.replace(/^\uFEFF/, ''));
  if (tree === null) return { tree: problems.length > 0 ? null : empty, problems };
  if (tree.kind === 'map') return { tree, problems };
  return { tree: null, problems: [...problems, problemAt(tree.source, 'must be a map of keys and values')] };
}

async function readEnv(
  file: string,
  files: Files,
): Promise<{
  readonly variable: Variable;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}> {
  const text = await textOf(file, files);
  if (text === null) return { variable: () => undefined, problems: [], warnings: [] };
  if (typeof text !== 'string') {
    const problem = problemAt({ file, line: 1, column: 1 }, text.fault);
    return { variable: () => undefined, problems: [problem], warnings: [] };
  }
  const { values, lines, faults } = parseEnvFile(text);
  const variable: Variable = (name): Setting | undefined => {
    const value = values.get(name);
    if (value === undefined || value === '') return undefined;
    return { text: value, source: { file, line: lines.get(name) ?? 1, column: 1 }, name, hidden: true };
  };
  // Hermes skips lines that it cannot read, so they are no reason to refuse the config.
  const warnings = faults.map(({ line, column, message }) =>
    problemAt({ file, line, column }, `this line cannot be read, and Hermes skips it: ${message}`),
  );
  return { variable, problems: [], warnings };
}

/** Null if there is no such file. */
async function textOf(file: string, files: Files): Promise<string | { readonly fault: string } | null> {
  if ((await files.program(file)) === 'missing') return null;
  try {
    return await files.read(file);
  } catch (error) {
    return { fault: `cannot be read: ${errorMessage(error)}` };
  }
}
