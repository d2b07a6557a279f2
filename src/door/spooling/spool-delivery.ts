import type { Match } from '../../routing/match.ts';
import type { DeliveryFacts } from '../../routing/platform.ts';
import type { Target } from '../../snapshot.ts';
import { sha256Hex } from '../../util/hashing.ts';
import type { DoorContext } from '../context.ts';
import type { Prepared } from '../match/prepare.ts';
import type { Verified } from '../verify/verdict.ts';

/** A delivery that may be acknowledged before its gateway has it. */
export interface Spoolable {
  /** Whether its credentials will still be valid when a gateway in this target's state is ready. */
  outlives(target: Target): boolean;
  /** Resolves when it is on disk. Rejects with SpoolRefused. */
  spool(): Promise<void>;
}

/** Ms that a gateway may need from its start to its answer, for which the credentials must be valid. */
const STARTS_WITHIN = 60_000;
/**
 * Ms assumed for a gateway that only the operator can start: longer than Slack's signatures are valid, so that Slack
 * repeats instead.
 */
const DOWN_FOR = 600_000;

/**
 * The verified delivery in a form that can be spooled; null if it must not be. The platform must say that its sender
 * needs only a status and would not repeat the request in time, and the profile must use a spool.
 */
export function spoolableOf(
  context: DoorContext,
  match: Match,
  facts: DeliveryFacts,
  { expiresAt }: Verified,
  { delivery, method, target, head, headers }: Prepared,
  body: Buffer,
): Spoolable | null {
  const { spool, now } = context;
  const { profile, platform } = match;
  if (platform === null || !facts.spoolable) return null;
  if (spool === null || !context.spools(profile)) return null;
  return {
    outlives({ state, retryAt }) {
      if (expiresAt === null) return true;
      const starts = state === 'down' ? DOWN_FOR : Math.max(0, (retryAt ?? 0) - now()) + STARTS_WITHIN;
      return now() + starts <= expiresAt;
    },
    spool: async () =>
      spool.accept(profile, {
        platform,
        method,
        target,
        publicTarget: head.path + head.search,
        headers,
        orderKey: facts.orderKey ?? null,
        dedupKey: facts.dedupKey ?? null,
        receivedAt: Math.floor(delivery.arrivedAt),
        expiresAt: expiresAt === null ? null : Math.floor(expiresAt),
        body,
        sha256: await sha256Hex(context.loop, body),
      }),
  };
}
