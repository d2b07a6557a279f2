import type { Platform, RequestHead } from './platform.ts';
import { platforms } from './platforms/index.ts';
import type { PlatformName } from './route.ts';

/**
 * How long the sender waits, in ms from the request's first byte, for a request that host and path alone route. Null
 * unless a platform recognises the head; no route needs to use that platform.
 */
export function senderDeadline(head: RequestHead): number | null {
  const platform = platforms.find((one) => one.recognises(head) === true);
  return platform?.deadline(head, null) ?? null;
}

/** Bytes; more than any sender's message, but for those that document a larger size. */
export const DEFAULT_LONGEST_BODY = 4 * 1024 * 1024;

/** The config's limits on a body that is read into memory, in bytes. */
export interface BodyLimits {
  /** Null if the config has no limits.body. */
  readonly body: number | null;
  /** All bodies in memory together. */
  readonly buffered: number;
}

/**
 * The longest body to read into memory, in bytes: limits.body, or else 4 MiB, or what the vendor of one of those senders
 * documents if that is more, as far as one such body fits into limits.buffered. `senders` are those whose mark is in the
 * head, and that a route or a rule of its path is for: a mark can be forged, so it must not raise the limit elsewhere.
 */
export function longestBody(
  { body, buffered }: BodyLimits,
  senders: readonly Pick<Platform, 'longestBody'>[],
): number {
  if (body !== null) return body;
  const documented = senders.map((sender) => sender.longestBody ?? 0);
  return Math.min(buffered, Math.max(DEFAULT_LONGEST_BODY, ...documented));
}

/** The platforms of those names, without custom ones. */
export function platformsNamed(...names: readonly (PlatformName | null)[]): readonly Platform[] {
  return platforms.filter(({ name }) => names.includes(name));
}
