import type { Source } from '../../../routing/route.ts';
import { type MapTree, type Tree, treeAt } from '../../source/yaml-tree.ts';

/** A value in Hermes' own files, with its place. */
export interface Setting {
  readonly text: string;
  readonly source: Source;
  /** Its name there. */
  readonly name: string;
  /** True if it comes from an environment: it may be a secret and is never shown. */
  readonly hidden: boolean;
}

/** Looks a variable up; an empty one counts as unset, as in Hermes. */
export type Variable = (name: string) => Setting | undefined;

/** The settings of one platform in Hermes' files. */
export interface PlatformSettings {
  /** The platform's place in config.yaml, or the beginning of that file. */
  readonly source: Source;
  /** Undefined if it is not set. */
  readonly enabled: boolean | undefined;
  readonly extra: (name: string) => Setting | undefined;
  readonly env: Variable;
  readonly hasPlugin: (name: string) => boolean;
}

const TRUE = ['true', '1', 'yes', 'on'];
const FALSE = ['false', '0', 'no', 'off'];

/**
 * The platform's settings as Hermes merges them (gateway/config.py, load_gateway_config): `platforms` beats
 * `gateway.platforms`, key by key in `extra`, and `enabled` in a section of the platform's own name beats both.
 */
export function platformSettings(config: MapTree, env: Variable, platform: string): PlatformSettings {
  const sections = [
    ['platforms', platform],
    ['gateway', 'platforms', platform],
  ].flatMap((path) => {
    const section = treeAt(config, path);
    return section?.kind === 'map' ? [section] : [];
  });
  const top = treeAt(config, [platform, 'enabled']);
  const enabled = [top, ...sections.map((section) => treeAt(section, ['enabled']))];
  return {
    source: keyOf(config, platform),
    enabled: enabled.map(boolean).find((value) => value !== undefined),
    extra: (name) =>
      sections.map((section) => setting(treeAt(section, ['extra', name]), name)).find((found) => found),
    env,
    hasPlugin: (name) => {
      const plugins = treeAt(config, ['plugins', 'enabled']);
      return plugins?.kind === 'list' && plugins.items.some((item) => setting(item, '')?.text === name);
    },
  };
}

export function isTrue(setting: Setting | undefined): boolean {
  return setting !== undefined && TRUE.includes(setting.text.trim().toLowerCase());
}

function keyOf(config: MapTree, platform: string): Source {
  for (const path of [['platforms'], ['gateway', 'platforms']]) {
    const platforms = treeAt(config, path);
    const entry = platforms?.kind === 'map' ? platforms.entries.get(platform) : undefined;
    if (entry !== undefined) return entry.key;
  }
  return config.source;
}

function setting(tree: Tree | undefined, name: string): Setting | undefined {
  if (tree?.kind !== 'scalar' || tree.value === null) return undefined;
  const text = typeof tree.value === 'string' ? tree.value : tree.written;
  // Hermes reads a lone `~` as null.
  return text === '' || text === '~' ? undefined : { text, source: tree.source, name, hidden: false };
}

/** The switch at that path of config.yaml; undefined if there is none, or it is neither true nor false. */
export function flagAt(config: MapTree, path: readonly string[]): boolean | undefined {
  return boolean(treeAt(config, path));
}

/** Hermes reads YAML 1.1, where `yes` and `on` are true, quoted or not. */
function boolean(tree: Tree | undefined): boolean | undefined {
  const text = setting(tree, '')?.text.trim().toLowerCase();
  if (text === undefined) return undefined;
  return TRUE.includes(text) ? true : FALSE.includes(text) ? false : undefined;
}
