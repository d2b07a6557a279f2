import { z } from 'zod';
import type { DeadLetter } from './spooled-delivery.ts';

// A dead letter's file has a second one beside it, which says how the delivery ended.

export type EndRecord = Pick<DeadLetter, 'end' | 'diedAt' | 'tries' | 'lastStatus'>;

const END_RECORD = z.object({
  end: z.enum(['tries', 'expired', 'refused', 'no-route']),
  diedAt: z.number().int().nonnegative(),
  tries: z.number().int().nonnegative(),
  lastStatus: z.string().nullable(),
});

export function encodeEndRecord({ end, diedAt, tries, lastStatus }: EndRecord): Buffer {
  return Buffer.from(`${JSON.stringify({ end, diedAt, tries, lastStatus })}\n`);
}

/** Null if the bytes are not an end record. */
export function decodeEndRecord(bytes: Buffer): EndRecord | null {
  try {
    const read = END_RECORD.safeParse(JSON.parse(bytes.toString('utf8')));
    return read.success ? read.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
