import type { Source } from '../../routing/route.ts';
import type { Problem } from '../problems.ts';
import type { Exclusive } from '../read/profile.ts';
import type { Files } from '../source/files.ts';
import type { MapTree } from '../source/yaml-tree.ts';
import type { KnownHolder } from '../types.ts';

/** One kind of gateway: how it is run and what it serves, derived from its own files. */
export interface Preset {
  /** The NAME of `preset: NAME`. */
  readonly name: string;
  /** The OPTIONs of `preset: { NAME: { OPTION: text } }`, each with its description. */
  readonly options: Readonly<Record<string, string>>;
  /** Programs that may hold a profile's ports while somebody else runs them, such as the gateway's own service. */
  readonly knownHolders?: readonly KnownHolder[];
  /** Returns problems for a user's mistakes, and throws none. */
  derive(context: PresetContext): Promise<Derived>;
}

export interface PresetContext {
  /** The profile's name in the config. */
  readonly profile: string;
  /** The place of `preset` in the config. */
  readonly source: Source;
  readonly options: ReadonlyMap<string, string>;
  /** The profile as it is written, with defaults merged in; it beats all that is derived. */
  readonly own: MapTree;
  /** The gateway's environment without the preset's own variables. */
  readonly env: ReadonlyMap<string, string>;
  /** Whether the config has `profile_paths`: every profile with public paths is reached by /p/NAME too. */
  readonly profilePaths: boolean;
  /** The home folder of the user who runs gwproxy. */
  readonly home: string;
  readonly files: Files;
}

export interface Derived {
  /** Fields of the profile, each with the place that it was read from. */
  readonly fields: MapTree;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Files that were read or looked for; absolute. */
  readonly files: readonly string[];
  /** What no other profile may have. */
  readonly exclusive?: readonly Exclusive[];
}
