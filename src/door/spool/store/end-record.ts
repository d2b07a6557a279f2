import { z } from 'zod';
import type { Dead } from './spooled-delivery.ts';

// Beside a dead delivery's file lies one that says how it ended.

export type Epitaph = Pick<Dead, 'end' | 'diedAt' | 'tries' | 'lastStatus'>;

const EPITAPH = z.object({
  end: z.enum(['tries', 'expired', 'refused', 'no-route']),
  diedAt: z.number().int().nonnegative(),
  tries: z.number().int().nonnegative(),
  lastStatus: z.string().nullable(),
});

export function encodeEpitaph({ end, diedAt, tries, lastStatus }: Epitaph): Buffer {
  return Buffer.from(`${JSON.stringify({ end, diedAt, tries, lastStatus })}\n`);
}

/** Null where it says nothing that is understood. */
export function decodeEpitaph(bytes: Buffer): Epitaph | null {
  try {
    const read = EPITAPH.safeParse(JSON.parse(bytes.toString('utf8')));
    return read.success ? read.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
