import { DoorError } from '../../errors.ts';
import type { HeadOutcome } from '../../routing/match.ts';
import type { RouteTable } from '../../routing/table/table.ts';
import type { LoopShare } from '../../util/loop-share.ts';
import { gatewayPath } from '../match/prepare.ts';
import { matchRequest } from '../match/rule-set.ts';
import { readHead } from '../request/read-head.ts';
import type { SpoolRequest } from '../spool/store/spooled-delivery.ts';

/**
 * Whether these routes give a delivery to the profile that it was spooled for, to no other one, and at the same path.
 * The request is matched again like a new one: after a reload the profile's name may belong to another bot.
 */
export async function isStillRouted(
  loop: LoopShare,
  table: RouteTable,
  request: SpoolRequest,
): Promise<boolean> {
  try {
    const { outcome, path, search } = await matched(loop, table, request);
    return (
      outcome.kind === 'match' &&
      outcome.profile === request.profile &&
      outcome.platform === request.platform &&
      gatewayPath(outcome.route, path).path + search === request.target
    );
  } catch (error) {
    // The door would refuse the request now.
    if (error instanceof DoorError) return false;
    throw error;
  }
}

async function matched(
  loop: LoopShare,
  table: RouteTable,
  { method, publicTarget, headers, body }: SpoolRequest,
): Promise<{ readonly outcome: HeadOutcome; readonly path: string; readonly search: string }> {
  // No dropped header identifies a sender (`requestHeaders`).
  const head = readHead({ method, url: publicTarget, httpVersion: '1.1', rawHeaders: headers });
  const { path, search } = head;
  return { outcome: await matchRequest(loop, table, head, body), path, search };
}
