import { shellWord } from '../../../util/shell-word.ts';
import { type Problem, problemAt } from '../../problems.ts';
import type { Exclusive } from '../../read/profile.ts';
import { type MapTree, treeAt } from '../../source/yaml-tree.ts';
import { DEFAULT_PROFILE } from './hermes-home.ts';
import type { HermesListener } from './hermes-listeners.ts';
import { flagAt, platformSettings, type Variable } from './hermes-settings.ts';

/** One Hermes profile, as it is about to be run. */
export interface HermesProfile {
  readonly name: string;
  /** HERMES_HOME as a shell must set it for the profile's commands; null if they find it without. */
  readonly root: string | null;
  readonly config: MapTree;
  /** Of the profile's own .env. */
  readonly env: Variable;
  readonly listeners: readonly HermesListener[];
}

/** What newer versions of Hermes need and the profile's own files do not say. Older versions ignore both. Pure. */
export function hermesWarnings(profile: HermesProfile): readonly Problem[] {
  return [...withoutStandalone(profile), ...withoutUsers(profile)];
}

/** The command that gives a named profile a gateway process of its own in Hermes 0.22. */
function standaloneCommand({ name, root }: Pick<HermesProfile, 'name' | 'root'>): string {
  const home = root === null ? '' : `HERMES_HOME=${shellWord(root)} `;
  return `${home}hermes -p ${name} config set gateway.standalone true`;
}

/** hermes_cli/profiles.py, profile_is_standalone: only a named profile can be. */
function withoutStandalone({ name, root, config }: HermesProfile): readonly Problem[] {
  if (name === DEFAULT_PROFILE || flagAt(config, ['gateway', 'standalone']) === true) return [];
  const place = treeAt(config, ['gateway', 'standalone']) ??
    treeAt(config, ['gateway']) ?? { source: config.source };
  const message =
    `Hermes 0.22 ends with exit code 78 instead of running profile '${name}' on its own, unless gateway.standalone is true; ` +
    `run \`${standaloneCommand({ name, root })}\`, which 0.19 ignores`;
  return [problemAt(place.source, message)];
}

/**
 * hermes_a365/plugin/adapter.py, 0.8: an agent's conversations and log are kept by its slug below the user's home, whatever
 * HERMES_HOME is.
 */
export function agentSlug(
  config: MapTree,
  env: Variable,
  home: string,
  listeners: readonly HermesListener[],
): readonly Exclusive[] {
  const agent365 = listeners.find(({ platform }) => platform === 'agent365');
  if (agent365 === undefined) return [];
  const setting = platformSettings(config, env, 'agent365').extra('slug') ?? env('AGENT_IDENTITY');
  const slug = setting?.text ?? 'default';
  return [
    {
      key: JSON.stringify(['agent365', home, slug]),
      source: setting?.source ?? agent365.source,
      what: `agent365's slug${setting?.hidden === true ? '' : ` '${slug}'`}`,
      consequence:
        'hermes-a365 0.8 keeps the conversations of both in one folder of ~/.hermes/agents; give each a slug of its own',
    },
  ];
}

/** hermes_a365/plugin/adapter.py: only the profile's own .env counts (hermes_a365/activity_bridge.py, select_profile_sender_env). */
function withoutUsers({ env, listeners }: HermesProfile): readonly Problem[] {
  const agent365 = listeners.find(({ platform }) => platform === 'agent365');
  if (agent365 === undefined || [env('A365_ALLOWED_USERS'), env('A365_ALLOW_ALL_USERS')].some(Boolean)) {
    return [];
  }
  const message =
    "hermes-a365 0.9 has agent365 answer nobody until the profile's .env sets A365_ALLOWED_USERS (ids, comma-separated), " +
    'or A365_ALLOW_ALL_USERS=true';
  return [problemAt(agent365.source, message)];
}
