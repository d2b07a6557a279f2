import { z } from 'zod';
import type { DeadLetter } from './spooled-delivery.ts';

// A dead letter's file has a second one beside it, which says how the delivery ended.

/** The number of this format; the reading of an older one begins with its migration, as in formats.ts. */
const END_FORMAT = 1;

export type EndRecord = Pick<DeadLetter, 'end' | 'diedAt' | 'tries' | 'lastStatus'>;

const END_RECORD = z.object({
  // Older versions wrote format 1 without its number.
  version: z.literal(END_FORMAT).default(END_FORMAT),
  end: z.enum(['tries', 'expired', 'refused', 'no-route']),
  diedAt: z.number().int().nonnegative(),
  tries: z.number().int().nonnegative(),
  lastStatus: z.string().nullable(),
});

export function encodeEndRecord({ end, diedAt, tries, lastStatus }: EndRecord): Buffer {
  return Buffer.from(`${JSON.stringify({ version: END_FORMAT, end, diedAt, tries, lastStatus })}\n`);
}

/** Null if the bytes are not an end record, or one of a newer format. */
export function decodeEndRecord(bytes: Buffer): EndRecord | null {
  try {
    const read = END_RECORD.safeParse(JSON.parse(bytes.toString('utf8')));
    if (!read.success) return null;
    const { end, diedAt, tries, lastStatus } = read.data;
    return { end, diedAt, tries, lastStatus };
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
