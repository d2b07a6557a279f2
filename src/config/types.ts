import type { TokenKey } from '../jwks.ts';
import type { Route, Source } from '../routing/route.ts';
import type { PublicUrl } from '../routing/url/public-url.ts';
import type { Timetable } from '../schedule/moments.ts';

/**
 * All that the config asks for, checked and with defaults filled in: gateways, routes and settings. After loading, only
 * the machine can still cause errors, such as a port in use or a command that does not start.
 */
export interface Plan {
  readonly listen: { readonly host: string; readonly port: number };
  /** The URL that senders call; null if the config names none. */
  readonly publicUrl: PublicUrl | null;
  readonly limits: Limits;
  readonly watch: Watch;
  readonly logs: LogPolicy;
  /** How many gateways may be starting at once; null: two for each core, at least four. */
  readonly startConcurrency: number | null;
  readonly profiles: readonly ProfilePlan[];
  /** All profiles' routes, including `/p/<profile>` if profile_paths is on. */
  readonly routes: readonly Route[];
}

/**
 * What happens when a config file changes. safe: the change is applied if it restarts or ends no gateway that serves;
 * otherwise all of it waits for `gwproxy reload`. all: it is applied. off: files are not watched.
 */
export type Watch = 'safe' | 'all' | 'off';

/** The log files of the gateways and of gwproxy itself. */
export interface LogPolicy {
  /** Absolute; null: `logs` in the state folder. */
  readonly folder: string | null;
  /** The size in bytes at which a file is rotated. */
  readonly size: number;
  /** The age in ms at which a file is rotated. */
  readonly age: number;
  /** The most bytes that all files of one profile take; the oldest are deleted first. */
  readonly keep: number;
}

/** All sizes in bytes, all durations in ms. */
export interface Limits {
  /**
   * The longest body that is read into memory to route or verify the request; null for the default, which depends on the
   * sender (`longestBody`).
   */
  readonly body: number | null;
  /** The longest body that is streamed, if the head alone decides the route. */
  readonly streamed: number;
  /** All bodies in memory together. */
  readonly buffered: number;
  /** Request line and headers together. */
  readonly headers: number;
  /** For the headers of a request to arrive. */
  readonly headerTime: number;
  /** For the body of a request to arrive. */
  readonly bodyTime: number;
  /** The fewest bytes a second that a body may bring, in each window of 5 s. */
  readonly bodyRate: number;
  /** Connections to the public port at once. */
  readonly connections: number;
  /** From the last byte of the request to the head of the gateway's final answer. */
  readonly answerTime: number;
  /** The longest pause between two chunks of a streamed answer. */
  readonly idleTime: number;
  /** Requests that are held for one profile. */
  readonly heldPerProfile: number;
  /** Bodies of the requests that are held for one profile; a single request may exceed it. */
  readonly heldBytesPerProfile: number;
  /** Requests that are held for all profiles together. */
  readonly held: number;
}

/** Text in which `{ port }` stands for the port of the listener of that name. */
export type Template = readonly (string | { readonly port: string })[];

export type Launch =
  | {
      readonly kind: 'command';
      /** argv; the first is the program. Never run by a shell. */
      readonly command: readonly [Template, ...Template[]];
      /** Absolute. */
      readonly cwd: string;
      /** The gateway's whole environment except its port variables: base, env_file and env. */
      readonly env: Readonly<Record<string, Template>>;
      /** Null: no program gives it more variables. */
      readonly envCommand: EnvCommand | null;
      readonly process: ProcessSettings;
    }
  /** The gateway is run by someone else; gwproxy only probes it and routes to it. */
  | { readonly kind: 'url' };

/** A program that runs before each start of the gateway, and prints more variables for it. */
export interface EnvCommand {
  /** argv; the first is the program. */
  readonly command: readonly [string, ...string[]];
  /** The variables of `env`, which it does not overrule. */
  readonly kept: readonly string[];
}

/** Process attributes that are set before a gateway's program runs; null: the same as gwproxy's. */
export interface ProcessSettings {
  /** -20 to 19. */
  readonly nice: number | null;
  readonly maxOpenFiles: number | null;
  /** 0 to 0o777. */
  readonly umask: number | null;
  /** Name or number, like `group`; both need a gwproxy that runs as root. */
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
  /** scheduled: a job, which its schedule starts. */
  readonly start: 'always' | 'on-demand' | 'manual' | 'scheduled';
  readonly startTimeout: number;
  /** Names of profiles that must be ready or failed before this one starts with gwproxy. */
  readonly after: readonly string[];
  /** Gateways of one group start one at a time; null: it is in no group. */
  readonly startGroup: string | null;
  /** ms without a request after which an on-demand gateway is stopped; null: never. */
  readonly idleTimeout: number | null;
  readonly ownerCheck: OwnerCheck;
  /** The gateway is restarted if its processes together use more bytes of resident memory; null: no limit. */
  readonly maxMemory: number | null;
  /** Absolute; null: the file in the logs' folder that is named after the profile. */
  readonly logFile: string | null;
  /** Empty for a bot without a port, to which no request leads. */
  readonly listeners: readonly ListenerPlan[];
  readonly ready: ReadyRule;
  /** Null: its requests are not verified. */
  readonly verify: VerifyRules | null;
  readonly delivery: DeliveryMode;
  readonly restart: RestartPolicy;
  /** Null: gwproxy does nothing with it at certain times. */
  readonly schedule: Schedule | null;
  readonly stop: StopPolicy;
  /** Programs that may hold its ports while somebody else runs them; of its preset. */
  readonly knownHolders: readonly KnownHolder[];
  readonly source: Source;
}

/**
 * What happens to a profile at certain times. restart: a gateway that runs is restarted. run: a job is started, which
 * runs to its end; it may take `timeout` ms (null: any time).
 */
export type Schedule =
  | (Timetable & { readonly action: 'restart' })
  | (Timetable & { readonly action: 'run'; readonly timeout: number | null });

/** A program that serves a profile on its own, recognised by its command line, and the command that ends it. */
export interface KnownHolder {
  /** Completes `port 18641 is in use by python3 (pid 7), which is …`. */
  readonly name: string;
  /** What its command line names it by: a word of it, or the last part of a word that is a path. */
  readonly programs: readonly string[];
  /** Words that follow in this order; others may stand between them. */
  readonly args: readonly string[];
  /** The command that ends it. */
  readonly stop: {
    readonly program: string;
    /** Options of its own command line that say what it serves; they are repeated, each with its value. */
    readonly options: readonly string[];
    readonly args: readonly string[];
    /** Variables of its environment that are repeated in front. */
    readonly env: readonly string[];
  };
}

/** What makes a gateway ready, beside its listeners. Only `listeners` is possible without another rule if it has some. */
export type ReadyRule =
  /** Each of its listeners, once it answers its probes. */
  | { readonly kind: 'listeners' }
  /** It has lived for `after` ms. */
  | { readonly kind: 'lived'; readonly after: number }
  /** A line of its output, without escape sequences, contains that text. */
  | { readonly kind: 'log'; readonly text: string }
  /** That command exits with 0. */
  | { readonly kind: 'command'; readonly health: HealthCommand }
  /** It has sent the message 'ready' over its IPC channel; its listeners must answer their probes as well. */
  | { readonly kind: 'ipc' };

/** spool: verified deliveries may be spooled while the gateway is not ready. direct: no delivery is spooled. */
export type DeliveryMode = 'spool' | 'direct';

/**
 * How the door verifies a profile's requests, by sender; null: that sender's requests pass unverified. Any secret of a
 * list is accepted, so that secrets can be rotated. They are in clear text: never log or show them.
 */
export interface VerifyRules {
  readonly botFramework: TokenRules | null;
  /** Signing secrets. */
  readonly slack: readonly string[] | null;
  readonly github: readonly string[] | null;
  readonly gitea: readonly string[] | null;
  /** Channel secrets. */
  readonly line: readonly string[] | null;
  /** App secrets for WhatsApp, Messenger and Instagram. */
  readonly meta: readonly string[] | null;
  readonly telegram: readonly string[] | null;
  readonly twilio: TwilioRules | null;
  /** Public keys, in lower-case hex. */
  readonly discord: readonly string[] | null;
  /** Client states. */
  readonly graph: readonly string[] | null;
}

/** How Twilio's signatures are verified: those by the account's auth token, and those by a shared key. */
export interface TwilioRules {
  /** Secrets of requests that name no signature settings; empty: such requests are refused. */
  readonly authTokens: readonly string[];
  /** Secrets of requests that name them; empty: the auth tokens are. */
  readonly sharedKeys: readonly string[];
  /** The weakest algorithm that a request by a shared key may name. */
  readonly leastAlgorithm: 'HMAC_SHA1' | 'HMAC_SHA256';
}

/** Which bearer tokens of Bot Framework and Agent 365 are accepted. GUIDs are in lower case. */
export interface TokenRules {
  /** Accepted audiences; at least one. */
  readonly apps: readonly string[];
  /** Accepted issuers; null: Bot Framework's, and those of Microsoft Entra for the tenants. */
  readonly issuers: readonly string[] | null;
  /** Entra tenants of which every token is accepted, whichever app asked for it; null: see verify/issuers.ts. */
  readonly tenants: readonly string[] | null;
  /** Prefixes of accepted service URLs in activities; null: any URL. */
  readonly serviceUrls: readonly string[] | null;
  /** file: the keys of `keys_file`. url: a JWK Set to fetch. metadata: fetched from where each issuer's metadata says. */
  readonly keys:
    | { readonly kind: 'file'; readonly keys: readonly TokenKey[] }
    | { readonly kind: 'url'; readonly url: string }
    | { readonly kind: 'metadata' };
}

export interface ListenerPlan {
  readonly name: string;
  readonly host: string;
  readonly port: number | 'auto';
  /** The environment variable that holds the port; null: none does. */
  readonly portEnv: string | null;
  /** Public path prefixes. ['/'] is every path, [] is none. */
  readonly paths: readonly string[];
  /** What the gateway gets before the path of each request; '' for nothing. Starts with '/', and never ends with it. */
  readonly addPrefix: string;
  /** The probe for startup and readiness, which decides whether the listener gets requests. */
  readonly health: Health;
  readonly liveness: Liveness;
}

/** How often something is probed, and how many probes decide. */
export interface ProbeTiming {
  /** ms, as is `timeout`. */
  readonly interval: number;
  readonly timeout: number;
  /** Failed probes in a row after which what was healthy counts as lost. */
  readonly failures: number;
  /** Successful probes in a row after which what is new or was lost counts as healthy. */
  readonly successes: number;
}

/** A probe of a listener. */
export interface Health extends ProbeTiming {
  /** The path to GET; null: an accepted connection is enough. */
  readonly path: string | null;
  /** Statuses of a healthy answer; null: 200 to 299. */
  readonly status: readonly number[] | null;
  /** Text that the body of a healthy answer contains; null: any body. */
  readonly body: string | null;
}

/** A program that is run as a probe of a gateway, with the gateway's environment, folder, user and limits. */
export interface HealthCommand extends ProbeTiming {
  /** argv; the first is the program. Never run by a shell. */
  readonly command: readonly [string, ...string[]];
  /** ms without a successful run after which a gateway that was ready is restarted; null: never. */
  readonly restartAfter: number | null;
}

/** When a running gateway is restarted because what was healthy, such as a listener, no longer is. */
export type Liveness<P extends ProbeTiming = Health> =
  /** After `after` ms without a successful health probe; null: never. */
  | { readonly kind: 'health'; readonly after: number | null }
  /** When a separate probe fails, whatever the health probe says. */
  | { readonly kind: 'own'; readonly probe: P };

export interface RestartPolicy {
  readonly when: 'always' | 'on-failure' | 'never';
  /** ms, as `max` and `reset`. The wait before the second restart in a row, or before the first if the gateway was never ready. */
  readonly min: number;
  readonly max: number;
  /** Uptime after which the backoff starts again at `min`. */
  readonly reset: number;
  /** By exit code, for exits that gwproxy did not cause. Other codes follow `when`. */
  readonly exitCodes: Readonly<Record<string, ExitAction>>;
  /** More than `restarts` within `within` ms: the gateway has failed. Null: never. */
  readonly giveUp: { readonly restarts: number; readonly within: number } | null;
}

/**
 * What follows an exit code. at-once: a restart whatever `when` says, that `give_up` does not count: without a wait, or
 * after a second if the gateway was not ready before; after too many in a row it counts as a crash. backoff: treated as a crash. stop: stays stopped, as after
 * `gwproxy stop`. fail: the gateway has failed and is not restarted until `gwproxy start`.
 */
export type ExitAction = 'at-once' | 'backoff' | 'stop' | 'fail';

export interface StopPolicy {
  /** ms that requests in flight may take before the signal is sent. */
  readonly drain: number;
  readonly signal: NodeJS.Signals;
  /** ms between the signal and SIGKILL. */
  readonly grace: number;
}

/** The difference between two plans. Fields are named as in the config; values are left out, since any may be a secret. */
export interface PlanDiff {
  /** Profile names, as in `removed` and `replaced`. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Profiles that changed from `command:` to `url:` or to a job, or back: the old one ends, and a new one starts. */
  readonly replaced: readonly string[];
  readonly changed: readonly ProfileChange[];
  /** Settings outside the profiles. They apply without a restart. */
  readonly settings: readonly string[];
  /** `listen` differs, which needs a new gwproxy. */
  readonly listen: boolean;
}

export interface ProfileChange {
  readonly profile: string;
  /** update: applies while the gateway runs. restart: the gateway restarts. move: a `url:` profile has a new address. */
  readonly how: 'update' | 'restart' | 'move';
  readonly fields: readonly string[];
}
