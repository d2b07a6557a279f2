/** All values that a systemd unit or launchd agent is written from. */
export interface ServiceDefinition {
  /** Unique for each config: `gwproxy-bots-1a2b3c4d`. */
  readonly name: string;
  /** This and all other paths are absolute and hold no control character. */
  readonly configFile: string;
  readonly folder: string;
  readonly stateFolder: string;
  readonly node: string;
  readonly main: string;
  /** Environment variables that the service manager would not set by itself. */
  readonly env: Readonly<Record<string, string>>;
  /** ms that stopping in order may take, with a margin. */
  readonly stopTime: number;
  /** ListenStream= of the socket unit; null without one. */
  readonly socket: string | null;
  /** The account that a system unit runs as; null for a unit of the user. */
  readonly user: string | null;
}

/** By this text gwproxy recognises the files that it wrote. */
export const WRITTEN_BY = 'Written by `gwproxy service install`';
