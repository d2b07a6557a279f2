/** A gwproxy to be started at boot: all that a unit or an agent says, found out before one is written. */
export interface ServiceDefinition {
  /** Of this config alone: `gwproxy-bots-1a2b3c4d`. */
  readonly name: string;
  /** All paths are absolute and hold no control character. */
  readonly configFile: string;
  readonly folder: string;
  readonly stateFolder: string;
  readonly node: string;
  readonly main: string;
  /** The variables that the service manager would not give it by itself. */
  readonly env: Readonly<Record<string, string>>;
  /** ms that a stop in order may take, the margin included. */
  readonly stopTime: number;
  /** What a socket unit listens on, so that no connection is refused while it restarts; null without one. */
  readonly socket: string | null;
  /** Whom a system's unit runs as; null in the user's own. */
  readonly user: string | null;
}

/** Stands in every file that is written here, and in no other. */
export const WRITTEN_BY = 'Written by `gwproxy service install`';
