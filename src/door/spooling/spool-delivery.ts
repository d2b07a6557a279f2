import type { Match } from '../../routing/match.ts';
import type { DeliveryFacts } from '../../routing/platform.ts';
import type { Target } from '../../snapshot.ts';
import type { DoorContext } from '../context.ts';
import type { Prepared } from '../match/prepare.ts';
import type { Verified } from '../verify/verdict.ts';

/** A delivery that may be acknowledged before its gateway has it. */
export interface Spoolable {
  /** Whether a gateway that is as this target says will be there before the delivery's credentials expire. */
  outlives(target: Target): boolean;
  /** Resolves when it is on the disk. Rejects with SpoolRefused. */
  spool(): Promise<void>;
}

/** What a gateway may need from its start to its answer, in ms: then a token must still be good. */
const STARTS_WITHIN = 60_000;
/** Nobody knows when an operator starts it again: longer than Slack's signatures last, so that Slack goes on repeating. */
const DOWN_FOR = 600_000;

/**
 * What is verified, where it may: only what its sender would not repeat in time, and of whose answer nothing but the
 * status matters; and where the profile wants it so. Else null.
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
    spool: () =>
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
      }),
  };
}
