import type { Plan } from '../../config/types.ts';
import { createSeal } from '../../door/match/seal-key.ts';
import { checkLength } from '../../door/request/read-body.ts';
import { DoorError } from '../../errors.ts';
import { inspect } from '../../routing/body/inspect.ts';
import { matchBody, matchHead } from '../../routing/match.ts';
import type { HeadOutcome } from '../../routing/outcome.ts';
import { platforms } from '../../routing/platforms/index.ts';
import { longestBody } from '../../routing/sender.ts';
import { compileRoutes, findScope, type RouteTable, type Scope } from '../../routing/table/table.ts';
import { buildRequest, type RequestDescription, type SimulatedRequest } from './described-request.ts';

/** What the door would decide for a request, whatever state the gateways are in. */
export type Decision =
  | { readonly kind: 'refused'; readonly code: DoorError['code']; readonly detail: string }
  | {
      readonly kind: 'decided';
      readonly request: SimulatedRequest;
      readonly outcome: DecidedOutcome;
      /** The host and path whose routes decided it; null if no route has them. */
      readonly scope: Scope | null;
    };

type DecidedOutcome = Exclude<HeadOutcome, { kind: 'refused' | 'needs-body' }>;

/** Decides with the door's own functions, on a table of the plan's routes. */
export function decideAsDoor(plan: Plan, described: RequestDescription): Decision {
  try {
    const request = buildRequest(described, plan);
    const table = compileRoutes(plan.routes, platforms, createSeal());
    const outcome = outcomeOf(plan, table, request);
    const scope = findScope(table, request.head);
    if (outcome.kind !== 'refused') return { kind: 'decided', request, outcome, scope };
    return { kind: 'refused', code: outcome.code, detail: outcome.detail };
  } catch (error) {
    if (error instanceof DoorError) return { kind: 'refused', code: error.code, detail: error.message };
    throw error;
  }
}

function outcomeOf({ limits }: Plan, table: RouteTable, { head, type, body }: SimulatedRequest) {
  const outcome = matchHead(table, head);
  const isRead = outcome.kind === 'needs-body';
  checkLength(body.length, isRead ? longestBody(limits, outcome.senders) : limits.streamed);
  return outcome.kind === 'needs-body'
    ? matchBody(outcome.scope, head, inspect(type, body, outcome.reads))
    : outcome;
}
