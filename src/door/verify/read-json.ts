import { type JsonRead, JsonReader, type JsonReads } from '../../routing/body/json.ts';
import { inSlices } from '../../util/loop-share.ts';
import type { Received } from './verdict.ts';

/** Reads the JSON of a body, a long one in slices. */
export function readJsonOf(
  { body, loop }: Pick<Received, 'body' | 'loop'>,
  reads: JsonReads,
): JsonRead | Promise<JsonRead> {
  const reader = new JsonReader(body, reads);
  return inSlices(loop, body.length, (steps) => reader.read(steps));
}
