import type { Source } from '../../routing/route.ts';
import type { Problem } from '../problems.ts';
import { withPreset } from '../read/merge.ts';
import type { PresetFacts, ProfileEntry } from '../read/profile.ts';
import { resolveText, type Variables } from '../read/resolve.ts';
import { placeKey, type SecretValues } from '../read/secret-values.ts';
import { type EnvFileValues, inheritedEnv, type LoadContext, variablesOf } from '../read/variables.ts';
import type { Files } from '../source/files.ts';
import { literalText } from '../source/interpolate.ts';
import { type MapTree, type Tree, treeAt } from '../source/yaml-tree.ts';
import { presets } from './index.ts';
import type { Preset } from './preset.ts';

/** A profile's tree with the fields that its preset derives; the profile's own fields win. */
export interface AppliedPreset {
  readonly tree: MapTree;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly files: readonly string[];
  readonly facts: PresetFacts;
}

/** Applies the profile's preset, if it names one. A misspelled preset derives nothing; reading the profile reports it. */
export async function applyPreset(
  profile: ProfileEntry,
  envFiles: EnvFileValues,
  secrets: SecretValues,
  context: LoadContext,
  files: Files,
): Promise<AppliedPreset> {
  const own = profile.tree;
  const variables = variablesOf(envFiles, context);
  const chosen = own.entries.has('url') ? null : chosenIn(own, variables);
  if (chosen === null)
    return { tree: own, problems: [], warnings: [], files: [], facts: { knownHolders: [], exclusive: [] } };
  const {
    fields,
    exclusive = [],
    ...found
  } = await chosen.preset.derive({
    profile: profile.name,
    source: chosen.source,
    options: chosen.options,
    own,
    env: new Map([...inheritedEnv(envFiles, context), ...ownEnv(own, variables, secrets)]),
    profilePaths: context.profilePaths,
    home: context.home,
    files,
  });
  const facts = { knownHolders: chosen.preset.knownHolders ?? [], exclusive };
  return { ...found, tree: withPreset(own, fields), facts };
}

interface Chosen {
  readonly preset: Preset;
  readonly source: Source;
  readonly options: ReadonlyMap<string, string>;
}

function chosenIn(own: MapTree, variables: Variables): Chosen | null {
  const written = treeAt(own, ['preset']);
  if (written === undefined) return null;
  const names = written.kind === 'map' ? [...written.entries.keys()] : [textOf(written, variables)];
  const preset = presets.find(({ name }) => name === names[0]);
  if (preset === undefined || names.length > 1) return null;
  const options = optionsIn(treeAt(written, [preset.name]), preset, variables);
  return options === null ? null : { preset, source: written.source, options };
}

/** Null if one of them is unknown, is not text, or has a reference that cannot be resolved. */
function optionsIn(
  written: Tree | undefined,
  preset: Preset,
  variables: Variables,
): ReadonlyMap<string, string> | null {
  const options = new Map<string, string>();
  if (written?.kind !== 'map') return options;
  for (const [name, { value }] of written.entries) {
    const text = textOf(value, variables);
    if (text === null || !Object.hasOwn(preset.options, name)) return null;
    options.set(name, text);
  }
  return options;
}

/** The profile's own `env`, without values that hold a port or cannot be resolved. */
function ownEnv(
  own: MapTree,
  variables: Variables,
  { values }: SecretValues,
): readonly (readonly [string, string])[] {
  const env = treeAt(own, ['env']);
  if (env?.kind !== 'map') return [];
  return [...env.entries].flatMap(([name, { value }]) => {
    const text = values.get(placeKey(['env', name])) ?? textOf(value, variables);
    return text === null ? [] : [[name, text] as const];
  });
}

function textOf(tree: Tree, variables: Variables): string | null {
  if (tree.kind !== 'scalar' || tree.value === null) return null;
  if (typeof tree.value !== 'string') return tree.written;
  const { ok, text } = resolveText(tree.value, tree.source, variables, 'home');
  return ok ? literalText(text.parts) : null;
}
