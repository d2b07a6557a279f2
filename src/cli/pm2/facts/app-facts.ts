/** What can be seen of an app without running it. */
export interface AppFacts {
  /** Its command; of a shell's command line or a script of package.json the words of that. */
  readonly words: readonly string[];
  readonly variables: AppVariables;
  /** Null if the app runs no script that can be read. */
  readonly script: Script | null;
  /** The packages that the nearest package.json, requirements.txt or pyproject.toml names. */
  readonly packages: ReadonlySet<string>;
}

export type AppVariables = ReadonlyMap<string, AppVariable>;

export interface AppVariable {
  readonly value: string;
  /**
   * Where the config finds it. `config`: written into the profile's `env`. `secrets`: the env_file that init writes.
   * `shell`: there too, but it may be of the shell that pm2 was started in, and so says nothing about the app. `own`: the
   * app's own .env file.
   */
  readonly place: 'config' | 'secrets' | 'shell' | 'own';
}

export interface Script {
  /** Without comments. */
  readonly text: string;
  /** Packages (`@slack/bolt`) and modules of Python (`slack_bolt`, `slack_bolt.adapter`), none of the app's own. */
  readonly imports: ReadonlySet<string>;
  /** False if it imports files of its own, which may say more. */
  readonly isWhole: boolean;
}
