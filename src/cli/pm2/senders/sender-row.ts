import type { VerifyConfig } from '../../../config/schema/verify-schema.ts';
import type { PlatformName } from '../../../routing/route.ts';

/** How a bot of one sender is recognised, and what its profile needs. */
export interface SenderRow {
  /** Its name for a reader. */
  readonly title: string;
  /** Packages of npm and PyPI, and modules of Python, that receive from this sender. */
  readonly packages: readonly string[];
  /** What says that it is called by HTTP, and what that it opens a connection of its own or asks for its messages. */
  readonly webhook: Signs;
  readonly connection: Signs;
  /** In a script: which of the two it is, is decided when it runs. */
  readonly atRunTime?: RegExp;
  /** Which it is if the whole script says neither; null if the packages are used for sending alone as well. */
  readonly usually: 'webhook' | 'connection' | null;
  /** In a script: the place where it would say so. Without it only a script that imports no file of its own is whole. */
  readonly decides?: RegExp;
  /** What a connection of its own is called: `Socket Mode`, `polling`. */
  readonly connectionName?: string;
  /** A function of that package that listens on PORT, and on this port without it. */
  readonly listens?: { readonly module: string; readonly call: string; readonly port: number };
  /** How its requests are told apart; undefined if gwproxy knows no route for it. */
  readonly route?: RouteRow;
  readonly verify?: VerifyRow;
}

export interface Signs {
  /** Variables, by their names in upper case without `_`. They are of no use to a bot that does not receive this way. */
  readonly variables?: RegExp;
  readonly imports?: readonly string[];
  /** In the text of a script. */
  readonly text?: RegExp;
}

export interface RouteRow {
  readonly platform: PlatformName;
  /** In a route. */
  readonly key: string;
  /** Each is enough for a route. The first is needed, unless another is known. */
  readonly ids: readonly [IdRow, ...IdRow[]];
  /** A route to be completed, as the config spells it. */
  readonly example: string;
  /** What the ids in the example are, and where they are found. */
  readonly where: string;
}

/** Names of variables that mean this id or secret. */
export interface Names {
  readonly variables: RegExp;
  /** Names that may also mean something else, unless the script's text says what they are. */
  readonly ambiguous?: { readonly variables: RegExp; readonly unless?: RegExp };
}

export interface IdRow extends Names {
  readonly field: string;
  /** What the values look like; other values are no such id. */
  readonly looksLike: RegExp;
  /** Read from an env_file, never written into the config. */
  readonly isSecret?: true;
}

export interface VerifyRow {
  readonly entry: keyof VerifyConfig;
  /** Undefined for a sender that is verified by its route's id. */
  readonly secret?: Names & {
    readonly field: string;
    readonly looksLike: RegExp;
    readonly where: string;
  };
  /** It verifies nothing without `public_url`. */
  readonly needsPublicUrl?: true;
}
