import { isDeepStrictEqual } from 'node:util';
import { bodyTypeOf } from '../../routing/body/inspect.ts';
import { type FanOut, type HeadOutcome, type Match, matchBody, matchHead } from '../../routing/match.ts';
import type { RouteTable } from '../../routing/table/table.ts';
import type { Head } from '../request/head.ts';
import type { Body } from '../request/read-body.ts';
import type { Verifiers } from '../verify/verifiers.ts';

/** What requests are matched and verified by: another object as soon as any of it is another. */
export interface RuleSet {
  readonly table: RouteTable;
  readonly verifiers: Verifiers;
}

/** By what a request was found to be a profile's. */
export interface MatchBasis {
  readonly ruleSet: RuleSet;
  /** Whether it is so by that one too, and proven by the same rules. Throws as matching does. */
  stillHolds(now: RuleSet): boolean;
}

/** Of a request that was matched by that ruling; `body` as far as it is read. */
export function matchBasis(ruleSet: RuleSet, head: Head, outcome: Match | FanOut, body: Body): MatchBasis {
  return {
    ruleSet,
    stillHolds: (now) => {
      const matches = matchesOf(outcome);
      const again = matchesOf(matchRequest(now.table, head, body));
      return (
        again.length === matches.length &&
        matches.every((match, index) => isSame(match, again[index])) &&
        matches.every(({ profile }) => sameRules(ruleSet.verifiers, now.verifiers, profile))
      );
    },
  };
}

export function matchByBody(
  { scope }: Extract<HeadOutcome, { kind: 'needs-body' }>,
  head: Head,
  body: Buffer,
): ReturnType<typeof matchBody> {
  return matchBody(scope, head, bodyTypeOf(head), body);
}

/** By its head, and by its body where that is read and the head leaves it open. */
export function matchRequest(table: RouteTable, head: Head, body: Body): HeadOutcome {
  const outcome = matchHead(table, head);
  return outcome.kind === 'needs-body' && body !== 'streamed' ? matchByBody(outcome, head, body) : outcome;
}

function matchesOf(outcome: HeadOutcome): readonly Match[] {
  if (outcome.kind === 'match') return [outcome];
  return outcome.kind === 'fan-out' ? outcome.matches : [];
}

/** For the same profile, as the same sender's, and with the same path to its gateway. */
function isSame(one: Match, other: Match | undefined): boolean {
  return (
    other !== undefined &&
    one.profile === other.profile &&
    one.platform === other.platform &&
    one.route.host === other.route.host &&
    one.route.path === other.route.path &&
    one.route.stripPrefix === other.route.stripPrefix
  );
}

function sameRules(before: Verifiers, now: Verifiers, profile: string): boolean {
  return before === now || isDeepStrictEqual(before.rulesOf(profile), now.rulesOf(profile));
}
