import { randomBytes } from 'node:crypto';

/** Tells one process's requests from another's; the number after it tells them apart. A UUID costs ten times that. */
const RUN = randomBytes(6).toString('hex');
let last = 0;

/** An id for a request whose sender gave none that may be kept. Unique, and no secret. */
export function newRequestId(): string {
  last += 1;
  return `${RUN}-${last.toString(36)}`;
}
