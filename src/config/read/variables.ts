import { alternatives, shortPath } from '../problems.ts';
import type { profileSchema } from '../schema/profile-schema.ts';
import type { ShapeRules } from '../schema/shape.ts';
import type { Variables } from './resolve.ts';

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
  /** Whether gateways are started by this plan; if not, a systemd credential that is absent is only a warning. */
  readonly starts: boolean;
}

/** What a profile's env_file, or its list of them, sets. */
export interface EnvFileValues {
  /** Absolute, in the order of the config. */
  readonly paths: readonly string[];
  /** Of all files that could be read; a later file wins. */
  readonly values: ReadonlyMap<string, string>;
  /** False if a file could not be read or has a mistake, which is reported. */
  readonly complete: boolean;
}

/**
 * The only variables of gwproxy's environment that every gateway inherits. All others, such as another bot's token, have to
 * be given to a profile by name.
 */
export const BASE_ENV = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'] as const;

/** Ignores inherited properties: `${constructor}` is not set. */
export function lookupIn(env: Environment): (name: string) => string | undefined {
  return (name) => (Object.hasOwn(env, name) ? env[name] : undefined);
}

/** The gateway's environment without the profile's `env`: BASE_ENV, overridden by the env_files. */
export function inheritedEnv(
  { values }: EnvFileValues,
  { env }: Pick<LoadContext, 'env'>,
): ReadonlyMap<string, string> {
  return new Map([...baseEnv(env), ...values]);
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

/** The variables for a profile's texts: its env_files, then gwproxy's environment. */
export function variablesOf({ paths, values, complete }: EnvFileValues, context: LoadContext): Variables {
  const outer = ownVariables(context);
  const where = [...paths.map((path) => shortPath(path, context.folder)), outer.where];
  return {
    ...outer,
    get: (name) => values.get(name) ?? outer.get(name),
    names: [...values.keys(), ...outer.names],
    where: alternatives(where),
    complete,
  };
}
