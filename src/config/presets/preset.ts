import type { Source } from '../../routing/route.ts';
import type { Problem } from '../problems.ts';
import type { Files } from '../source/files.ts';
import type { MapTree } from '../source/yaml-tree.ts';

/** All that is known of one kind of gateway: how it is run and what it serves, read from its own files. */
export interface Preset {
  /** As in `preset: NAME`. */
  readonly name: string;
  /** Those of `preset: { NAME: { OPTION: text } }`, each with what it says. */
  readonly options: Readonly<Record<string, string>>;
  /** Nothing is thrown for what a user can get wrong. */
  derive(context: PresetContext): Promise<Derived>;
}

export interface PresetContext {
  /** The profile's name in the config. */
  readonly profile: string;
  /** Where the preset is named. */
  readonly source: Source;
  readonly options: ReadonlyMap<string, string>;
  /** What the profile itself says, defaults merged in: it wins over all that is derived. */
  readonly own: MapTree;
  /** What the gateway's environment holds without the preset. */
  readonly env: ReadonlyMap<string, string>;
  /** Of the user who runs gwproxy. */
  readonly home: string;
  readonly files: Files;
}

export interface Derived {
  /** Fields of a profile, each with the place that it was read from. */
  readonly fields: MapTree;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Those that were read or looked for; absolute. */
  readonly files: readonly string[];
}
