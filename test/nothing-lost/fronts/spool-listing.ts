import { z } from 'zod';
import { groupBy } from '../../../src/routing/table/group-by.ts';
import type { Spooled } from './front.ts';

/** `gwproxy spool --json`; of it only what is needed here. */
const Listing = z.object({
  spool: z.array(
    z.discriminatedUnion('state', [
      z.object({ state: z.enum(['queued', 'delivering']), profile: z.string() }),
      z.object({
        state: z.literal('dead'),
        profile: z.string(),
        reason: z.enum(['tries', 'expired', 'refused']).nullable(),
      }),
    ]),
  ),
});

type Listed = z.infer<typeof Listing>['spool'][number];

/** How many of each profile's deliveries are in the spool. Throws where the text is no such listing. */
export function parseSpool(text: string): Spooled {
  const { spool: deliveries } = Listing.parse(JSON.parse(text));
  return {
    waiting: byProfile(deliveries.filter(({ state }) => state !== 'dead')),
    dead: byProfile(deliveries.filter(isDead)),
  };
}

/** What expired or was refused is listed too, but it is lost: nobody can deliver it any more. */
function isDead(listed: Listed): boolean {
  return listed.state === 'dead' && listed.reason !== 'expired' && listed.reason !== 'refused';
}

function byProfile(listed: readonly Listed[]): ReadonlyMap<string, number> {
  const groups = groupBy(listed, ({ profile }) => profile);
  return new Map([...groups].map(([profile, held]) => [profile, held.length]));
}
