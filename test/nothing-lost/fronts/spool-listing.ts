import { z } from 'zod';
import { groupBy } from '../../../src/routing/group.ts';
import type { Spooled } from './front.ts';

/** `gwproxy spool --json`; of it only what is needed here. */
const Listing = z.object({
  deliveries: z.array(z.object({ profile: z.string(), state: z.enum(['waiting', 'dead']) })),
});

/** How many of each profile's deliveries are in the spool. Throws where the text is no such listing. */
export function parseSpool(text: string): Spooled {
  const { deliveries } = Listing.parse(JSON.parse(text));
  const inState = (wanted: string): ReadonlyMap<string, number> =>
    new Map(
      [
        ...groupBy(
          deliveries.filter(({ state }) => state === wanted),
          ({ profile }) => profile,
        ),
      ].map(([profile, held]) => [profile, held.length]),
    );
  return { waiting: inState('waiting'), dead: inState('dead') };
}
