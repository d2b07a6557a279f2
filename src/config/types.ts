import type { TokenKey } from '../jwks.ts';
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
  readonly watch: Watch;
  readonly logs: LogPolicy;
  /** Gateways that may be starting at once; null: as many as this machine's cores suggest. */
  readonly startConcurrency: number | null;
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

/**
 * What a change of the config's files does by itself. safe: it is applied if it restarts and ends no gateway that
 * serves, and else waits, whole, for `gwproxy reload`; all: it is applied; off: the files are not watched.
 */
export type Watch = 'safe' | 'all' | 'off';

/** The files that gateways' output and gwproxy's own log go to. */
export interface LogPolicy {
  /** Absolute; null: `logs` in the state folder. */
  readonly folder: string | null;
  /** Bytes of one file before it is rotated. */
  readonly size: number;
  /** ms after which it is rotated whatever its size, and past `keep` of them deleted. */
  readonly age: number;
  /** Bytes of all files of one profile together; the oldest go first. */
  readonly keep: number;
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
  /** Of their bodies, for one profile; one alone may always wait. */
  readonly heldBytesPerProfile: number;
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
      readonly process: ProcessSettings;
    }
  /** Run by someone else: probed and routed to. */
  | { readonly kind: 'url' };

/** What the system is told of a gateway's process before its program runs; null: as gwproxy's own. */
export interface ProcessSettings {
  /** -20 to 19. */
  readonly nice: number | null;
  readonly maxOpenFiles: number | null;
  /** 0 to 0o777. */
  readonly umask: number | null;
  /** Names or numbers, for a gwproxy that runs as root. */
  readonly user: string | null;
  readonly group: string | null;
}

/**
 * What happens if the owner of a gateway's port is unknown (another user's process, a container's). lenient: it gets
 * requests; strict: it gets none. A foreign process gets none with either. off: no owner is checked.
 */
export type OwnerCheck = 'lenient' | 'strict' | 'off';

export interface ProfilePlan {
  readonly name: string;
  readonly launch: Launch;
  readonly start: 'always' | 'on-demand' | 'manual';
  readonly startTimeout: number;
  /** Profiles whose start this one's waits for, when all are started. */
  readonly after: readonly string[];
  /** ms without a request after which an on-demand gateway is stopped; null: never. */
  readonly idleTimeout: number | null;
  readonly ownerCheck: OwnerCheck;
  /** Bytes of resident memory, all its processes together, above which a gateway is restarted; null: no limit. */
  readonly maxMemory: number | null;
  /** Absolute; null: named after the profile, in the logs' folder. */
  readonly logFile: string | null;
  /** At least one. */
  readonly listeners: readonly ListenerPlan[];
  /** Null: the door verifies none of its requests. */
  readonly verify: VerifyRules | null;
  readonly delivery: DeliveryMode;
  readonly restart: RestartPolicy;
  readonly stop: StopPolicy;
  readonly source: Source;
}

/** spool: verified deliveries may be spooled while the gateway is not ready; direct: none are. */
export type DeliveryMode = 'spool' | 'direct';

/**
 * What the door verifies a profile's requests by, sender by sender; null: that sender's pass unverified. A list
 * holds secrets of which any is right, so that they can be rotated. In clear, and so never shown.
 */
export interface VerifyRules {
  readonly botFramework: TokenRules | null;
  /** Signing secrets. */
  readonly slack: readonly string[] | null;
  readonly github: readonly string[] | null;
  /** Channel secrets. */
  readonly line: readonly string[] | null;
  /** App secrets: of WhatsApp, Messenger and Instagram. */
  readonly meta: readonly string[] | null;
  readonly telegram: readonly string[] | null;
  /** Auth tokens. */
  readonly twilio: readonly string[] | null;
  /** Public keys, in lower-case hex. */
  readonly discord: readonly string[] | null;
  /** Client states. */
  readonly graph: readonly string[] | null;
}

/** Which bearer tokens of Bot Framework and Agent 365 are right. GUIDs in lower case. */
export interface TokenRules {
  /** The audiences; at least one. */
  readonly apps: readonly string[];
  /** Exactly these; null: Bot Framework's, and Microsoft Entra's of the tenants. */
  readonly issuers: readonly string[] | null;
  /** Entra tenants whose tokens are right, whoever in them asked for one; null: see verify/issuers.ts. */
  readonly tenants: readonly string[] | null;
  /** Prefixes of activities' service URLs; null: any. */
  readonly serviceUrls: readonly string[] | null;
  /** file: those of `keys_file`; url: a JWK Set to be fetched; metadata: fetched as each issuer's metadata says. */
  readonly keys:
    | { readonly kind: 'file'; readonly keys: readonly TokenKey[] }
    | { readonly kind: 'url'; readonly url: string }
    | { readonly kind: 'metadata' };
}

export interface ListenerPlan {
  readonly name: string;
  readonly host: string;
  readonly port: number | 'auto';
  /** The environment variable that tells the gateway its port; null where nothing does. */
  readonly portEnv: string | null;
  /** Public path prefixes; ['/'] is every path, [] none. */
  readonly paths: readonly string[];
  /** Startup and readiness: whether requests go to it. */
  readonly health: Health;
  readonly liveness: Liveness;
}

/** One kind of probe of a listener. */
export interface Health {
  /** Null: it is enough that a connection is accepted. */
  readonly path: string | null;
  /** The statuses that count as healthy; null: 200 to 299. */
  readonly status: readonly number[] | null;
  /** Text that the answer's body must hold; null: any body. */
  readonly body: string | null;
  readonly interval: number;
  readonly timeout: number;
  /** Failed probes in a row before a healthy listener counts as lost. */
  readonly failures: number;
  /** Good probes in a row before a lost or new listener counts as healthy. */
  readonly successes: number;
}

/** When a gateway that runs is restarted since it no longer serves; each listener counts once it was ready. */
export type Liveness =
  /** `after` ms without one good probe of its health; null: never. */
  | { readonly kind: 'health'; readonly after: number | null }
  /** A probe of its own: lost, the gateway is restarted, whatever its health says. */
  | { readonly kind: 'own'; readonly probe: Health };

export interface RestartPolicy {
  readonly when: 'always' | 'on-failure' | 'never';
  /** The wait before the second restart in a row, and before the first of a gateway that was never ready. */
  readonly min: number;
  readonly max: number;
  /** Uptime after which the backoff begins anew. */
  readonly reset: number;
  /** By exit code, for exits that nobody asked for; codes that are not named follow `when`. */
  readonly exitCodes: Readonly<Record<string, ExitAction>>;
  readonly giveUp: { readonly restarts: number; readonly within: number } | null;
}

/**
 * at-once: restarted without a wait and not counted, whatever `when` says (after a generation that was ready; one
 * that never was waits as after a crash). backoff: a crash, as an unnamed code other than 0 is. stop: it stays stopped, as
 * after an operator's stop. fail: failed, and not restarted until `gwproxy start`.
 */
export type ExitAction = 'at-once' | 'backoff' | 'stop' | 'fail';

export interface StopPolicy {
  readonly drain: number;
  readonly signal: NodeJS.Signals;
  readonly grace: number;
}

/**
 * What differs between the plan that is applied and another. Fields are named as in the config; values are never
 * shown, since any may hold a secret.
 */
export interface PlanDiff {
  /** Names of profiles, as in `removed` and `replaced`. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** A `url:` where a `command:` was, or the other way: another profile of the same name. */
  readonly replaced: readonly string[];
  readonly changed: readonly ProfileChange[];
  /** Settings beside the profiles; all of them apply without a restart. */
  readonly settings: readonly string[];
  /** `listen` differs, which only a new gwproxy can follow. */
  readonly listen: boolean;
}

export interface ProfileChange {
  readonly profile: string;
  /**
   * update: applies while the gateway runs; restart: its gateway ends, and starts as the profile then says;
   * move: a `url:` profile has another address.
   */
  readonly how: 'update' | 'restart' | 'move';
  readonly fields: readonly string[];
}
