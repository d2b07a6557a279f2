import { z } from 'zod';
import { OVERRIDE_HEADERS } from '../../routing/url/override-headers.ts';

const BY_NAME: ReadonlySet<string> = new Set(OVERRIDE_HEADERS.map((name) => name.toLowerCase()));

/** Names of headers that are dropped otherwise, read in lower case. */
export function keepHeaders() {
  return z.array(
    z
      .string({ error: 'the name of a header' })
      .transform((written) => written.toLowerCase())
      .refine((name) => BY_NAME.has(name), {
        error: `must be one of ${OVERRIDE_HEADERS.join(', ')}; any other header is passed on, or set by gwproxy`,
      }),
    { error: "a list of headers' names" },
  );
}
