import { dirname, resolve } from 'node:path';
import type { TokenKey } from '../../jwks.ts';
import type { Source } from '../../routing/route.ts';
import { type Problem, shortPath } from '../problems.ts';
import type { ProfileConfig, profileSchema } from '../schema/profile-schema.ts';
import { checkShape, prunedPath, type ShapeRules } from '../schema/shape.ts';
import type { EnvFile } from '../source/env-file.ts';
import { expandHome, interpolate } from '../source/interpolate.ts';
import { keySource, type MapTree, type Path, prune, treeAt, valueSource } from '../source/yaml-tree.ts';
import type { KnownHolder } from '../types.ts';
import { readCommand, readEnv } from './command-and-env.ts';
import { resolveTree, type Text, type Variables } from './resolve.ts';

/** Something that two gateways must not share, though each of their configs is valid. */
export interface Exclusive {
  /** Equal for two profiles that would share it. */
  readonly key: string;
  readonly source: Source;
  /** Begins a sentence, as in `slug 'inbox'`. */
  readonly what: string;
  /** What sharing it does, and what to do instead. */
  readonly consequence: string;
}

/** What a preset knows of a profile beside its fields. */
export interface PresetFacts {
  /** Programs that may hold its ports while somebody else runs them. */
  readonly knownHolders: readonly KnownHolder[];
  readonly exclusive: readonly Exclusive[];
}

/** A profile as written; `load.ts` merges the defaults into its tree. */
export interface ProfileEntry {
  readonly name: string;
  /** The place of its name. */
  readonly source: Source;
  readonly tree: MapTree;
  /** Of its preset, once that is applied. */
  readonly facts?: PresetFacts;
}

/** A profile whose single fields are valid. The checks in checks/ compare its fields with each other. */
export interface Profile {
  readonly name: string;
  readonly source: Source;
  /** The valid part of what was written, to look up places. */
  readonly tree: MapTree;
  readonly config: ProfileConfig;
  /** Fields with a mistake that is already reported; checks must skip them. */
  readonly invalidFields: ReadonlySet<string>;
  /** Absolute. */
  readonly cwd: string;
  /** Empty if the profile has no valid command. */
  readonly command: readonly Text[];
  /** The arguments of its health command; empty if it has no valid one. */
  readonly healthCommand: readonly Text[];
  /** The program as written, for messages; '' if there is none. */
  readonly program: string;
  readonly env: ReadonlyMap<string, Text>;
  /** The variables that `env` overrides: BASE_ENV of gwproxy's environment, overridden by the env_file. */
  readonly inherited: ReadonlyMap<string, string>;
  /** The names that the env_file sets. */
  readonly envFileNames: ReadonlySet<string>;
  /** The keys of verify.bot_framework.keys_file; null if there is no readable one. */
  readonly tokenKeys: readonly TokenKey[] | null;
  /** Of its preset; empty without one. */
  readonly facts: PresetFacts;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** All that reading a profile needs beside the profile. */
export interface LoadContext {
  readonly schema: ReturnType<typeof profileSchema>;
  readonly rules: ShapeRules;
  /** gwproxy's environment. */
  readonly env: Environment;
  readonly home: string;
  readonly profilePaths: boolean;
  /** The config's folder; messages name files relative to it. */
  readonly folder: string;
}

/**
 * The only variables of gwproxy's environment that every gateway inherits. All others, such as another bot's token, have to
 * be given to a profile by name.
 */
export const BASE_ENV = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;

/** The absolute path of a profile's env_file, and its place; null if it has none or its text cannot be resolved. */
export function envFileOf(
  tree: MapTree,
  { env, home }: Pick<LoadContext, 'env' | 'home'>,
): { readonly path: string; readonly source: Source } | null {
  const written = treeAt(tree, ['env_file']);
  if (written?.kind !== 'scalar' || typeof written.value !== 'string' || written.value === '') return null;
  const { parts, faults } = interpolate(expandHome(written.value, home), lookupIn(env));
  if (faults.length > 0 || parts.some((part) => typeof part !== 'string')) return null;
  return { path: resolve(dirname(written.source.file), parts.join('')), source: written.source };
}

/** A profile's env_file. `values` is null if the file cannot be read, which is reported elsewhere. */
export interface ProfileEnvFile {
  readonly path: string;
  readonly values: EnvFile['values'] | null;
}

/** Reads one profile and reports the mistakes of its single fields. Null if nothing of it can be used. */
export function readProfile(
  entry: ProfileEntry,
  envFile: ProfileEnvFile | null,
  context: LoadContext,
): { readonly profile: Profile | null; readonly problems: readonly Problem[] } {
  const outer = ownVariables(context);
  const variables = variablesOf(envFile, context);
  const resolved = resolveTree(
    entry.tree,
    ([field, inner]) => {
      if (field === 'env_file') return outer;
      // Commands and env may hold ports and are resolved later. An unknown key is one mistake, whatever its value.
      const later =
        field === 'command' ||
        field === 'env' ||
        (field === 'health' && inner === 'command') ||
        !Object.hasOwn(context.schema.shape, String(field));
      return later ? null : variables;
    },
    ([field, , name]) =>
      field === 'cwd' ||
      field === 'env_file' ||
      field === 'log_file' ||
      (field === 'verify' && name === 'keys_file'),
  );
  const rest = prune(
    resolved.tree,
    resolved.unresolved.map((path) => prunedPath(path, context.rules)),
  );
  const shape = checkShape(context.schema, rest, context.rules);
  const problems = [...resolved.problems, ...shape.faults.map(({ problem }) => problem)];
  if (shape.value === null) return { profile: null, problems };

  const misspelt = shape.faults.flatMap((fault) => (fault.path.length === 1 ? [fault.likelyKey ?? ''] : []));
  const wrong = [...resolved.unresolved, ...shape.faults.map(({ path }) => path)];
  const invalidFields = new Set([...misspelt, ...wrong.map(([field]) => String(field))]);
  const command = readCommand(shape.tree, ['command'], shape.value.command, variables);
  const health = readCommand(shape.tree, ['health', 'command'], shape.value.health?.command, variables);
  const env = readEnv(shape.tree, shape.value, variables);
  if (command.broken) invalidFields.add('command');
  if (health.broken) invalidFields.add('health');
  if (env.broken) invalidFields.add('env');
  const cwdSource = shape.value.cwd === undefined ? entry.source : valueSource(shape.tree, ['cwd']);
  const profile: Profile = {
    name: entry.name,
    source: entry.source,
    tree: shape.tree,
    config: shape.value,
    invalidFields,
    cwd: resolve(dirname(cwdSource.file), shape.value.cwd ?? '.'),
    command: command.texts,
    program: command.program,
    healthCommand: health.texts,
    env: env.texts,
    inherited: inheritedEnv(envFile, context),
    envFileNames: new Set(envFile?.values?.keys()),
    tokenKeys: null,
    facts: entry.facts ?? { knownHolders: [], exclusive: [] },
  };
  return { profile, problems: [...problems, ...command.problems, ...health.problems, ...env.problems] };
}

/** Ignores inherited properties: `${constructor}` is not set. */
function lookupIn(env: Environment): (name: string) => string | undefined {
  return (name) => (Object.hasOwn(env, name) ? env[name] : undefined);
}

/** The gateway's environment without the profile's `env`: BASE_ENV, overridden by the env_file. */
export function inheritedEnv(
  envFile: ProfileEnvFile | null,
  { env }: Pick<LoadContext, 'env'>,
): ReadonlyMap<string, string> {
  return new Map([...baseEnv(env), ...(envFile?.values ?? [])]);
}

function baseEnv(env: Environment): readonly (readonly [string, string])[] {
  return BASE_ENV.flatMap((name) => {
    const value = env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
}

/** The variables for texts outside profiles: gwproxy's environment. */
export function ownVariables({ env, home }: Pick<LoadContext, 'env' | 'home'>): Variables {
  return {
    get: lookupIn(env),
    names: Object.keys(env),
    where: "gwproxy's environment",
    complete: true,
    home,
  };
}

/** The variables for a profile's texts: its env_file, then gwproxy's environment. */
export function variablesOf(envFile: ProfileEnvFile | null, context: LoadContext): Variables {
  const outer = ownVariables(context);
  return envFile === null ? outer : withEnvFile(outer, envFile, context);
}

function withEnvFile(outer: Variables, { path, values }: ProfileEnvFile, { folder }: LoadContext): Variables {
  return {
    ...outer,
    get: (name) => values?.get(name) ?? outer.get(name),
    names: [...(values?.keys() ?? []), ...outer.names],
    where: `${shortPath(path, folder)} or ${outer.where}`,
    complete: values !== null,
  };
}

/** The place of a field's name; of the profile's name if the field is not written. */
export function fieldSource(profile: Profile, ...path: Path): Source {
  return treeAt(profile.tree, path) === undefined ? profile.source : keySource(profile.tree, path);
}
