import { isDeepStrictEqual } from 'node:util';
import { type FanOut, type HeadOutcome, type Match, matchBody, matchHead } from '../../routing/match.ts';
import type { RouteTable } from '../../routing/table/table.ts';
import type { LoopShare } from '../../util/loop-share.ts';
import type { Head } from '../request/head.ts';
import type { Body } from '../request/read-body.ts';
import type { Verifiers } from '../verify/verifiers.ts';
import { inspectBody } from './inspect-body.ts';

/** The routes and verifiers of a snapshot. A change of either makes a new object. */
export interface RuleSet {
  readonly table: RouteTable;
  readonly verifiers: Verifiers;
}

/** Why a request was given to its profile, and whether that is still so. */
export interface MatchBasis {
  readonly ruleSet: RuleSet;
  /**
   * Whether the new rules give the request to the same profiles and verify it in the same way. Rejects as matching
   * throws.
   */
  stillHolds(now: RuleSet): Promise<boolean>;
}

/** The basis of a match by that rule set; `body` is 'streamed' if it was not read. */
export function matchBasis(
  loop: LoopShare,
  ruleSet: RuleSet,
  head: Head,
  outcome: Match | FanOut,
  body: Body,
): MatchBasis {
  return {
    ruleSet,
    stillHolds: async (now) => {
      const matches = matchesOf(outcome);
      const again = matchesOf(await matchRequest(loop, now.table, head, body));
      return (
        again.length === matches.length &&
        matches.every((match, index) => isSame(match, again[index])) &&
        matches.every(({ profile }) => sameRules(ruleSet.verifiers, now.verifiers, profile))
      );
    },
  };
}

/** Matches a request by its head, and by its body if it was read and the head does not decide. */
export async function matchRequest(
  loop: LoopShare,
  table: RouteTable,
  head: Head,
  body: Body,
): Promise<HeadOutcome> {
  const outcome = matchHead(table, head);
  if (outcome.kind !== 'needs-body' || body === 'streamed') return outcome;
  return matchBody(outcome.scope, head, await inspectBody(loop, null, head, body, outcome.reads));
}

function matchesOf(outcome: HeadOutcome): readonly Match[] {
  if (outcome.kind === 'match') return [outcome];
  return outcome.kind === 'fan-out' ? outcome.matches : [];
}

/** Whether both are for the same profile, from the same platform, verified alike, and with the same path at the gateway. */
function isSame(one: Match, other: Match | undefined): boolean {
  return (
    other !== undefined &&
    one.profile === other.profile &&
    one.platform === other.platform &&
    one.route.host === other.route.host &&
    one.route.path === other.route.path &&
    one.route.stripPrefix === other.route.stripPrefix &&
    one.route.unverified === other.route.unverified
  );
}

function sameRules(before: Verifiers, now: Verifiers, profile: string): boolean {
  return before === now || isDeepStrictEqual(before.rulesOf(profile), now.rulesOf(profile));
}
