import type { Route, Source } from '../routing/route.ts';

/**
 * Everything that should run and every route, as the config says it: checked, with defaults filled in. Nothing
 * in it can be wrong in itself; only the machine can still disagree (a port taken, a command that does not start).
 */
export interface Plan {
  readonly listen: { readonly host: string; readonly port: number };
  /** What senders see; null where the config does not say. */
  readonly publicUrl: PublicUrl | null;
  readonly limits: Limits;
  readonly profiles: readonly ProfilePlan[];
  /** Every route of every profile, `/p/<profile>` included where profile_paths is on. */
  readonly routes: readonly Route[];
}

export interface PublicUrl {
  /** As the user wrote it, without a trailing slash. */
  readonly href: string;
  readonly proto: 'http' | 'https';
  /** Host and, where it is not the scheme's own, port: as in a Host header. */
  readonly host: string;
}

/** All sizes in bytes, all durations in ms. */
export interface Limits {
  /** A body that is read to route it. */
  readonly body: number;
  /** A body that is streamed, since the head alone decided. */
  readonly streamed: number;
  /** All bodies that are held in memory at once. */
  readonly buffered: number;
  /** Request line and headers together. */
  readonly headers: number;
  readonly headerTime: number;
  readonly bodyTime: number;
  readonly connections: number;
  /** From the request's last byte to the first of the gateway's answer. */
  readonly answerTime: number;
  /** Between two chunks of a streamed answer. */
  readonly idleTime: number;
  /** Requests that wait for one profile, and for all together. */
  readonly heldPerProfile: number;
  readonly held: number;
}

/** Text with the places where an allocated port goes; a listener's name stands for its port. */
export type Template = readonly (string | { readonly port: string })[];

export type Launch =
  | {
      readonly kind: 'command';
      /** argv; the first is the program. Never run by a shell. */
      readonly command: readonly [Template, ...Template[]];
      /** Absolute. */
      readonly cwd: string;
      /** All that the gateway's environment holds beside its port variables: base, env_file, env. */
      readonly env: Readonly<Record<string, Template>>;
    }
  /** Run by someone else: probed and routed to. */
  | { readonly kind: 'url' };

export interface ProfilePlan {
  readonly name: string;
  readonly launch: Launch;
  readonly start: 'always' | 'on-demand' | 'manual';
  readonly startTimeout: number;
  /** At least one. */
  readonly listeners: readonly ListenerPlan[];
  readonly restart: RestartPolicy;
  readonly stop: StopPolicy;
  readonly source: Source;
}

export interface ListenerPlan {
  readonly name: string;
  readonly host: string;
  readonly port: number | 'auto';
  /** The environment variable that tells the gateway its port; null where nothing does. */
  readonly portEnv: string | null;
  /** Public path prefixes; ['/'] is every path, [] none. */
  readonly paths: readonly string[];
  readonly health: Health;
}

export interface Health {
  /** Null: a listener is ready when it accepts a connection. */
  readonly path: string | null;
  readonly interval: number;
  readonly timeout: number;
  /** Lost probes in a row before a ready listener counts as lost. */
  readonly failures: number;
}

export interface RestartPolicy {
  readonly when: 'always' | 'on-failure' | 'never';
  readonly min: number;
  readonly max: number;
  /** Uptime after which the backoff begins anew. */
  readonly reset: number;
  readonly giveUp: { readonly restarts: number; readonly within: number } | null;
}

export interface StopPolicy {
  readonly drain: number;
  readonly signal: NodeJS.Signals;
  readonly grace: number;
}
