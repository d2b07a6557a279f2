/** The known senders, one file each in platforms/. */
export type PlatformName =
  | 'bot-framework'
  | 'slack'
  | 'telegram'
  | 'discord'
  | 'whatsapp'
  | 'messenger'
  | 'instagram'
  | 'line'
  | 'twilio'
  | 'google-chat'
  | 'lark'
  | 'wecom'
  | 'dingtalk'
  | 'viber'
  | 'github'
  | 'gitea'
  | 'graph'
  | 'mattermost'
  | 'webex'
  | 'zoom'
  /** Any other sender, recognised by headers or JSON values that the config names (custom.ts). */
  | 'custom';

/** A place in the config; line and column count from 1. */
export interface Source {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * A claim of a profile, from the config's plan. It matches a request with its host and path if, for a keyed route, each
 * of its fields equals the delivery's attribute.
 */
export interface Route {
  readonly profile: string;
  /** Null for a route by host and path alone. */
  readonly key: RouteKey | null;
  /** In lower case, without a port; null for every host. */
  readonly host: string | null;
  /** A path prefix in whole segments, without a trailing slash; '' for every path. */
  readonly path: string;
  /** Whether `path` is removed before the listener is chosen and the request forwarded. */
  readonly stripPrefix: boolean;
  /** For a route by path alone: it also gets known senders' requests in its scope that no profile claims. */
  readonly fallback: boolean;
  /** Whether its requests reach the profile without a proof, although the profile verifies their sender. */
  readonly unverified: boolean;
  /** The profile accepts batches that are for other bots too, and so sees their data. */
  readonly fanOut: boolean;
  /** The headers of OVERRIDE_HEADERS that the profile's gateway gets all the same, in lower case. */
  readonly keepHeaders: readonly string[];
  readonly source: Source;
}

export interface RouteKey {
  readonly platform: PlatformName;
  /**
   * Field name to accepted values, in the platform's normal form (GUIDs in lower case). The names of 'custom' are
   * `header:<name in lower case>` and `json:<pointer>`. Secret fields hold the secret itself.
   */
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

/**
 * Names the bot that a delivery is for, in the platform's normal form. The values stay structured, and are never
 * joined to one string.
 */
export interface Attributes {
  readonly platform: PlatformName;
  readonly fields: Readonly<Record<string, string>>;
  /**
   * The fields that name only this bot, if another field is shared by several bots (Agent 365's blueprint). A route
   * without any of these is tried last, however many fields it has.
   */
  readonly own?: readonly string[];
  /**
   * The audience of the request's bearer token as it is written, if the sender has one. No route is compared with it: it
   * tells the operator whom a request was for that no profile claims.
   */
  readonly audience?: string;
}
