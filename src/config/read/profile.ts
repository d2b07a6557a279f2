import { dirname, resolve } from 'node:path';
import type { TokenKey } from '../../jwks.ts';
import type { Source } from '../../routing/route.ts';
import { type Problem, shortPath } from '../problems.ts';
import type { ProfileConfig, profileSchema } from '../schema/profile-schema.ts';
import { checkShape, prunedPath, type ShapeRules } from '../schema/shape.ts';
import type { EnvFile } from '../source/env-file.ts';
import { expandHome, interpolate } from '../source/interpolate.ts';
import { keySource, type MapTree, type Path, prune, treeAt, valueSource } from '../source/yaml-tree.ts';
import { readCommand, readEnv } from './command-and-env.ts';
import { resolveTree, type Text, type Variables } from './resolve.ts';

/** A profile as written, defaults merged in. */
export interface ProfileEntry {
  readonly name: string;
  /** Where its name stands. */
  readonly source: Source;
  readonly tree: MapTree;
}

/** A profile whose every field is right in itself; the fields together are the checks' matter. */
export interface Profile {
  readonly name: string;
  readonly source: Source;
  /** What was written and is right: where to find the places. */
  readonly tree: MapTree;
  readonly config: ProfileConfig;
  /** Fields with a mistake that is already told: no check builds on them. */
  readonly invalidFields: ReadonlySet<string>;
  /** Absolute. */
  readonly cwd: string;
  /** Empty where the profile has no command, or a broken one. */
  readonly command: readonly Text[];
  /** The program as its author wrote it, for messages; '' where there is none. */
  readonly program: string;
  readonly env: ReadonlyMap<string, Text>;
  /** Beneath `env`: the base of gwproxy's own environment, then the env_file. */
  readonly inherited: ReadonlyMap<string, string>;
  /** The names that the env_file sets. */
  readonly envFileNames: ReadonlySet<string>;
  /** Those of verify.bot_framework.keys_file; null where there is none that can be read. */
  readonly tokenKeys: readonly TokenKey[] | null;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a profile is read against. */
export interface LoadContext {
  readonly schema: ReturnType<typeof profileSchema>;
  readonly rules: ShapeRules;
  /** gwproxy's own. */
  readonly env: Environment;
  readonly home: string;
  /** The config's folder: files in messages are named from there. */
  readonly folder: string;
}

/**
 * All that a gateway sees of gwproxy's own environment. Programs are found and speak the operator's language by
 * these; anything else, a token of a sibling say, has to be given to a profile by name.
 */
export const BASE_ENV = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;

/** The absolute path of a profile's env_file and where that is written; null where it has none that can be named. */
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

/** As `readProfile` needs it: null values where the file is missing or broken, which is told elsewhere. */
export interface ProfileEnvFile {
  readonly path: string;
  readonly values: EnvFile['values'] | null;
}

/** Reads one profile; all that is wrong with its fields, one by one, is among the problems. */
export function readProfile(
  entry: ProfileEntry,
  envFile: ProfileEnvFile | null,
  around: LoadContext,
): { readonly profile: Profile | null; readonly problems: readonly Problem[] } {
  const outer = ownVariables(around);
  const variables = variablesOf(envFile, around);
  const resolved = resolveTree(
    entry.tree,
    ([field]) => {
      if (field === 'env_file') return outer;
      // Commands are split and both may hold ports; an unknown key is one mistake, whatever stands behind it.
      const later =
        field === 'command' || field === 'env' || !Object.hasOwn(around.schema.shape, String(field));
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
    resolved.unresolved.map((path) => prunedPath(path, around.rules)),
  );
  const shape = checkShape(around.schema, rest, around.rules);
  const problems = [...resolved.problems, ...shape.faults.map(({ problem }) => problem)];
  if (shape.value === null) return { profile: null, problems };

  const meant = shape.faults.flatMap((fault) => (fault.path.length === 1 ? [fault.likelyKey ?? ''] : []));
  const wrong = [...resolved.unresolved, ...shape.faults.map(({ path }) => path)];
  const broken = new Set([...meant, ...wrong.map(([field]) => String(field))]);
  const command = readCommand(shape.tree, shape.value, variables);
  const env = readEnv(shape.tree, shape.value, variables);
  if (command.broken) broken.add('command');
  if (env.broken) broken.add('env');
  const cwdSource = shape.value.cwd === undefined ? entry.source : valueSource(shape.tree, ['cwd']);
  const profile: Profile = {
    name: entry.name,
    source: entry.source,
    tree: shape.tree,
    config: shape.value,
    invalidFields: broken,
    cwd: resolve(dirname(cwdSource.file), shape.value.cwd ?? '.'),
    command: command.texts,
    program: command.program,
    env: env.texts,
    inherited: inheritedEnv(envFile, around),
    envFileNames: new Set(envFile?.values?.keys()),
    tokenKeys: null,
  };
  return { profile, problems: [...problems, ...command.problems, ...env.problems] };
}

/** Ignores what an object inherits: `${constructor}` is not set. */
function lookupIn(env: Environment): (name: string) => string | undefined {
  return (name) => (Object.hasOwn(env, name) ? env[name] : undefined);
}

/** The gateway's environment beneath the profile's `env`. */
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

/** What the config's own texts are looked up in: gwproxy's environment. */
export function ownVariables({ env, home }: Pick<LoadContext, 'env' | 'home'>): Variables {
  return {
    get: lookupIn(env),
    names: Object.keys(env),
    where: "gwproxy's environment",
    complete: true,
    home,
  };
}

/** What a profile's texts are looked up in: its env_file, then gwproxy's environment. */
export function variablesOf(envFile: ProfileEnvFile | null, around: LoadContext): Variables {
  const outer = ownVariables(around);
  return envFile === null ? outer : withEnvFile(outer, envFile, around);
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

/** Where a field's name stands; the profile's name where it is not written. */
export function fieldSource(profile: Profile, ...path: Path): Source {
  return treeAt(profile.tree, path) === undefined ? profile.source : keySource(profile.tree, path);
}
