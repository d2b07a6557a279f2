import { dirname, resolve } from 'node:path';
import type { TokenKey } from '../../jwks.ts';
import type { Source } from '../../routing/route.ts';
import type { Problem } from '../problems.ts';
import type { ProfileConfig } from '../schema/profile-schema.ts';
import { checkShape, prunedPath } from '../schema/shape.ts';
import { keySource, type MapTree, type Path, prune, treeAt, valueSource } from '../source/yaml-tree.ts';
import type { KnownHolder } from '../types.ts';
import { readCommand, readEnv, readEnvCommand } from './command-and-env.ts';
import { resolveTree, type Text } from './resolve.ts';
import { type SecretValues, withSecretValues } from './secret-values.ts';
import {
  type EnvFileValues,
  inheritedEnv,
  type LoadContext,
  ownVariables,
  variablesOf,
} from './variables.ts';

/** Something that two gateways must not share, though each of their configs is valid. */
export interface Exclusive {
  /** Equal for two profiles that would share it. */
  readonly key: string;
  /** Ports that the gateway may use beside its listeners, its own included; only profiles whose ports overlap share them. */
  readonly ports?: { readonly first: number; readonly last: number };
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
  /** Empty if the profile has no valid one. */
  readonly envCommand: readonly Text[];
  /** The program as written, for messages; '' if there is none. */
  readonly program: string;
  readonly env: ReadonlyMap<string, Text>;
  /** The variables that `env` overrides: BASE_ENV of gwproxy's environment, overridden by the env_files. */
  readonly inherited: ReadonlyMap<string, string>;
  /** The names that the env_files set. */
  readonly envFileNames: ReadonlySet<string>;
  /** The keys of verify.bot_framework.keys_file; null if there is no readable one. */
  readonly tokenKeys: readonly TokenKey[] | null;
  /** Of its preset; empty without one. */
  readonly facts: PresetFacts;
}

/** Follows the places where a missing variable could be set. */
const ENV_COMMAND_LATER = ' (env_command runs later, and its variables are for the gateway alone)';

/** Reads one profile and reports the mistakes of its single fields. Null if nothing of it can be used. */
export function readProfile(
  entry: ProfileEntry,
  envFiles: EnvFileValues,
  secrets: SecretValues,
  context: LoadContext,
): { readonly profile: Profile | null; readonly problems: readonly Problem[] } {
  const outer = ownVariables(context);
  const given = variablesOf(envFiles, context);
  const hasEnvCommand = entry.tree.entries.has('env_command');
  const variables = hasEnvCommand ? { ...given, where: `${given.where}${ENV_COMMAND_LATER}` } : given;
  const resolved = resolveTree(
    entry.tree,
    ([field, inner]) => {
      if (field === 'env_file') return outer;
      // Commands and env may hold ports and are resolved later. An unknown key is one mistake, whatever its value.
      const later =
        field === 'command' ||
        field === 'env_command' ||
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
  const unresolved = [...resolved.unresolved, ...secrets.unreadable];
  const rest = prune(
    withSecretValues(resolved.tree, secrets),
    unresolved.map((path) => prunedPath(path, context.rules)),
  );
  const shape = checkShape(context.schema, rest, context.rules);
  const problems = [...resolved.problems, ...shape.faults.map(({ problem }) => problem)];
  if (shape.value === null) return { profile: null, problems };

  const misspelt = shape.faults.flatMap((fault) => (fault.path.length === 1 ? [fault.likelyKey ?? ''] : []));
  const wrong = [...unresolved, ...shape.faults.map(({ path }) => path)];
  const invalidFields = new Set([...misspelt, ...wrong.map(([field]) => String(field))]);
  const command = readCommand(shape.tree, ['command'], shape.value.command, variables);
  const health = readCommand(shape.tree, ['health', 'command'], shape.value.health?.command, variables);
  const envCommand = readEnvCommand(shape.tree, shape.value, variables);
  const env = readEnv(shape.tree, shape.value, variables, secrets);
  if (command.broken) invalidFields.add('command');
  if (health.broken) invalidFields.add('health');
  if (envCommand.broken) invalidFields.add('env_command');
  if (env.broken) invalidFields.add('env');
  const cwdSource = shape.value.cwd === undefined ? entry.source : valueSource(shape.tree, ['cwd']);
  const profile: Profile = {
    name: entry.name,
    source: entry.source,
    tree: shape.tree,
    config: isJobWithoutListeners(shape.value, shape.tree) ? { ...shape.value, listeners: {} } : shape.value,
    invalidFields,
    cwd: resolve(dirname(cwdSource.file), shape.value.cwd ?? '.'),
    command: command.texts,
    program: command.program,
    healthCommand: health.texts,
    envCommand: envCommand.texts,
    env: env.texts,
    inherited: inheritedEnv(envFiles, context),
    envFileNames: new Set(envFiles.values.keys()),
    tokenKeys: null,
    facts: entry.facts ?? { knownHolders: [], exclusive: [] },
  };
  return {
    profile,
    problems: [...problems, ...command.problems, ...health.problems, ...envCommand.problems, ...env.problems],
  };
}

/** A job has no port, unless its author thinks otherwise, which a check refuses. */
function isJobWithoutListeners({ run, url }: ProfileConfig, tree: MapTree): boolean {
  return run !== undefined && url === undefined && treeAt(tree, ['listeners']) === undefined;
}

/** Those of the fields that the profile or its defaults write. */
export function writtenFields<F extends string>({ tree }: Profile, fields: readonly F[]): readonly F[] {
  return fields.filter((field) => treeAt(tree, [field]) !== undefined);
}

/** The place of a field's name; of the profile's name if the field is not written. */
export function fieldSource(profile: Profile, ...path: Path): Source {
  return treeAt(profile.tree, path) === undefined ? profile.source : keySource(profile.tree, path);
}
