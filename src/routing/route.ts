/** Senders that put a key of their own into each request. One file each in platforms/. */
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
  | 'graph'
  | 'mattermost'
  | 'webex'
  | 'zoom'
  /** Any other sender, by a header or a value in its JSON that the config names. */
  | 'custom';

/** Where in the config something was written; line and column count from 1. */
export interface Source {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/**
 * What a profile claims, as the config's plan gives it. It matches a request when the host and path scope
 * holds and, for a keyed route, each of its fields equals the delivery's attribute.
 */
export interface Route {
  readonly profile: string;
  /** Null: by host and path alone. */
  readonly key: RouteKey | null;
  /** In lower case, without a port; null is every host. */
  readonly host: string | null;
  /** Path prefix in whole segments, without a trailing slash; '' is every path. */
  readonly path: string;
  /** Takes `path` off before the request is forwarded and before the listener is picked. */
  readonly stripPrefix: boolean;
  /** Of a route by path alone: takes the scope's keyed requests too that no profile claims. */
  readonly fallback: boolean;
  /** The profile takes batches whole that are for others too, and so sees the others' data. */
  readonly fanOut: boolean;
  readonly source: Source;
}

export interface RouteKey {
  readonly platform: PlatformName;
  /**
   * Field name to the accepted values, already in the platform's normal form (GUIDs in lower case). For 'custom'
   * the names are `header:<name in lower case>` and `json:<pointer>`. Secret fields hold the secret itself.
   */
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

/** What one delivery says about whom it is for, in the platform's normal form. Structured, never joined. */
export interface Attributes {
  readonly platform: PlatformName;
  readonly fields: Readonly<Record<string, string>>;
  /**
   * The fields that name this one bot, where another of them is shared by several (Agent 365's blueprint). A route
   * that names none of these is asked last, however many fields it has.
   */
  readonly own?: readonly string[];
}
