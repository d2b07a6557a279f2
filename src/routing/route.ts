/** Senders that put a key of their own into each request. One file each in platforms/. */
export type PlatformName = 'bot-framework' | 'slack';

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
  /** Null: by path alone. */
  readonly key: RouteKey | null;
  /** Path prefix in whole segments, without a trailing slash; '' is every path. */
  readonly path: string;
  /** Takes `path` off before the request is forwarded and before the listener is picked. */
  readonly stripPrefix: boolean;
  readonly source: Source;
}

export interface RouteKey {
  readonly platform: PlatformName;
  /** Field name to the accepted values, already in the platform's normal form (GUIDs in lower case). */
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

/** What one delivery says about whom it is for, in the platform's normal form. Structured, never joined. */
export interface Attributes {
  readonly platform: PlatformName;
  readonly fields: Readonly<Record<string, string>>;
}
