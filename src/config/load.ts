import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import { CommandError } from '../errors.ts';
import { logsFolder } from '../logs/log-index.ts';
import { platforms } from '../routing/platforms/index.ts';
import { stateFolder } from '../state-folder.ts';
import { checkLaunch } from './checks/command-check.ts';
import { checkExclusive } from './checks/exclusive-check.ts';
import { checkJob } from './checks/job-check.ts';
import { checkListeners } from './checks/listener-check.ts';
import { checkLogFiles, logFileWarnings } from './checks/log-file-check.ts';
import { checkWithoutListeners } from './checks/no-listener-check.ts';
import { checkOrder } from './checks/order-check.ts';
import { checkIdle, checkLimits, checkLiveness, checkProbes, checkRestart } from './checks/policy-check.ts';
import { checkLoops, checkPorts } from './checks/port-check.ts';
import { warningsOf } from './checks/reach-check.ts';
import { checkRoutes } from './checks/route-check.ts';
import { checkTwilio, checkVerify } from './checks/verify-check.ts';
import { createPlan } from './plan.ts';
import { applyPreset } from './presets/apply-preset.ts';
import { presets } from './presets/index.ts';
import { type FileTexts, type Problem, problemAt, sortProblems } from './problems.ts';
import { checkProgram } from './programs.ts';
import { readEnvFiles } from './read/env-files.ts';
import { withDefaults } from './read/merge.ts';
import { type Profile, type ProfileEntry, readProfile } from './read/profile.ts';
import { profileRules } from './read/profile-rules.ts';
import { readSecretValues } from './read/secret-values.ts';
import { readSources, type Sources } from './read/sources.ts';
import { withTokenKeys } from './read/token-keys.ts';
import type { Environment, LoadContext } from './read/variables.ts';
import { profileSchema } from './schema/profile-schema.ts';
import { checkShape } from './schema/shape.ts';
import { type Files, realFiles } from './source/files.ts';
import { type MapTree, treeAt } from './source/yaml-tree.ts';
import type { Plan } from './types.ts';

export { formatProblem, type Problem } from './problems.ts';
export { BASE_ENV } from './read/variables.ts';

/** The files and globs that a load depends on; all absolute. */
export interface ConfigInputs {
  /** Files that were read or inputs for: the config itself first, then includes, env_files and the files of presets. */
  readonly files: readonly string[];
  /** The globs of `include`, since a new file may match one of them. */
  readonly globs: readonly string[];
}

export type Loaded = ConfigInputs &
  (
    | {
        readonly ok: true;
        readonly plan: Plan;
        /** Names of profiles with `enabled: false`, which the plan leaves out. */
        readonly disabled: readonly string[];
        /** Places that are valid but probably a mistake. */
        readonly warnings: readonly Problem[];
      }
    | {
        readonly ok: false;
        readonly problems: readonly Problem[];
        /** For formatProblem. */
        readonly texts: FileTexts;
      }
  );

export interface LoadOptions {
  /** gwproxy's environment, for `${NAME}`, HOME behind `~`, and the variables that every gateway inherits. */
  readonly env: Environment;
  readonly files?: Files;
  /** Whether gateways are started by this plan; if not, a systemd credential that is absent is only a warning. */
  readonly starts?: boolean;
}

/**
 * Reads a config into a plan, or into all of its problems by file and line: one mistake refuses the whole config.
 * A user's mistakes are returned, never thrown.
 */
export async function loadConfig(
  file: string,
  { env, files = realFiles, starts = false }: LoadOptions,
): Promise<Loaded> {
  const config = resolve(file);
  const home = env['HOME'] || homedir();
  const sources = await readSources(config, files, { env, home });
  const context: LoadContext = {
    schema: profileSchema(platforms, presets),
    rules: profileRules(platforms),
    env,
    home,
    profilePaths: sources.settings?.profile_paths ?? false,
    folder: dirname(config),
    starts,
  };
  const read = await readProfiles(sources.profiles, sources.defaults, context, files);
  const found = [
    ...sources.problems,
    ...checkDefaults(sources.defaults, context),
    ...read.problems,
    ...checkTogether(sources, read.profiles, context),
    ...(await checkLogFiles(read.profiles.filter(isEnabled), logsOf(sources, config, env), files)),
    ...(await Promise.all(read.profiles.map((profile) => checkProgram(profile, files)))).flat(),
  ];
  const unreadable = new Set(sources.syntax.map(placeOf));
  const problems = [...sources.syntax, ...found.filter((problem) => !unreadable.has(placeOf(problem)))];
  const inputs: ConfigInputs = {
    files: [...new Set([...sources.files, ...read.files])],
    globs: sources.globs,
  };
  if (problems.length > 0 || sources.settings === null) {
    return { ok: false, problems: sortProblems(problems), texts: sources.texts, ...inputs };
  }
  if (sources.profiles.length === 0) {
    const source = treeAt(sources.tree, ['profiles'])?.source ?? { file: config, line: 1, column: 1 };
    return {
      ok: false,
      problems: [problemAt(source, "no profiles; write at least one under 'profiles'")],
      texts: sources.texts,
      ...inputs,
    };
  }
  const enabled = read.profiles.filter(isEnabled);
  const warnings = sortProblems([
    ...sources.warnings,
    ...read.warnings,
    ...warningsOf(enabled, platforms, sources.settings.profile_paths),
    ...logFileWarnings(enabled),
    ...checkExclusive(enabled, dirname(config)),
  ]);
  return {
    ok: true,
    plan: createPlan(sources.settings, read.profiles, platforms, dirname(config)),
    disabled: read.profiles.filter((profile) => !isEnabled(profile)).map(({ name }) => name),
    warnings,
    ...inputs,
  };
}

async function readProfiles(
  entries: readonly ProfileEntry[],
  defaults: MapTree | null,
  context: LoadContext,
  files: Files,
): Promise<{
  readonly profiles: readonly Profile[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly files: readonly string[];
}> {
  const profiles: Profile[] = [];
  let problems: readonly Problem[] = [];
  let warnings: readonly Problem[] = [];
  const paths = new Set<string>();
  for (const entry of entries) {
    const own = defaults === null ? entry.tree : withDefaults(entry.tree, defaults);
    const envFiles = await readEnvFiles(own, context, files);
    const secrets = await readSecretValues(own, envFiles, context, files);
    const preset = await applyPreset({ ...entry, tree: secrets.tree }, envFiles, secrets, context, files);
    for (const path of [...envFiles.paths, ...secrets.paths, ...preset.files]) paths.add(path);
    const { tree, facts } = preset;
    const read = readProfile({ ...entry, tree, facts }, envFiles, secrets, context);
    // Not spread into push: another program's file may hold more mistakes than a call takes arguments.
    problems = problems.concat(envFiles.problems, secrets.problems, preset.problems, read.problems);
    warnings = warnings.concat(secrets.warnings, preset.warnings);
    if (read.profile === null) continue;
    const { profile, ...keys } = await withTokenKeys(read.profile, files, context.folder);
    if (keys.path !== null) paths.add(keys.path);
    problems = problems.concat(keys.problems);
    profiles.push(profile);
  }
  const each = [
    checkLaunch,
    checkListeners,
    checkWithoutListeners,
    checkJob,
    checkRestart,
    checkIdle,
    checkLiveness,
    checkProbes,
  ];
  const checked = profiles.flatMap((profile) => each.flatMap((check) => check(profile)));
  return { profiles, problems: problems.concat(checked), warnings, files: [...paths] };
}

/** Checks `defaults` on its own, since every profile may override a mistake in it. Texts with a reference are checked in each profile. */
function checkDefaults(defaults: MapTree | null, { schema, rules }: LoadContext): readonly Problem[] {
  if (defaults === null) return [];
  return checkShape(schema, defaults, rules)
    .faults.filter(({ path }) => {
      const at = treeAt(defaults, path);
      return at?.kind !== 'scalar' || !at.written.includes('${');
    })
    .map(({ problem }) => problem);
}

/** The checks that need several profiles or the settings. */
function checkTogether(
  { settings, invalidFields, tree }: Sources,
  profiles: readonly Profile[],
  { folder }: LoadContext,
): readonly Problem[] {
  if (settings === null) return [];
  const enabled = profiles.filter(isEnabled);
  const listen = invalidFields.has('listen') ? null : settings.listen;
  return [
    ...(invalidFields.has('limits') ? [] : checkLimits(settings, tree)),
    ...checkOrder(enabled),
    ...checkPorts(enabled, listen, folder),
    ...(listen === null ? [] : checkLoops(enabled, listen)),
    ...(invalidFields.has('public_url') ? [] : checkTwilio(enabled, settings)),
    ...profiles.flatMap((profile) => checkVerify(profile, settings.profile_paths)),
    ...checkRoutes(enabled, platforms, settings.profile_paths, folder),
  ];
}

/** The folder of the log files; null if it is not known. */
function logsOf({ settings, invalidFields }: Sources, config: string, env: Environment): string | null {
  if (settings === null || invalidFields.has('logs')) return null;
  const { folder } = settings.logs;
  if (folder !== undefined) return resolve(dirname(config), folder);
  try {
    return logsFolder(stateFolder(config, env));
  } catch (error) {
    // A config without a path, such as a pipe, has no state folder.
    if (error instanceof CommandError) return null;
    throw error;
  }
}

function placeOf({ file, line, column }: Problem): string {
  return JSON.stringify([file, line, column]);
}

function isEnabled({ config }: Profile): boolean {
  return config.enabled;
}
