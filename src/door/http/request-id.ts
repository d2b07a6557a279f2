import { randomBytes } from 'node:crypto';

/** Begins every id of this process; a counter follows it. A UUID costs ten times as much. */
const RUN = randomBytes(6).toString('hex');
let last = 0;

/** A unique id for a request whose sender gave no acceptable one. It is not a secret. */
export function newRequestId(): string {
  last += 1;
  return `${RUN}-${last.toString(36)}`;
}

/** The ids that a sender may choose, since they go into logs and answers. */
const REQUEST_ID = /^[A-Za-z0-9._:-]{1,128}$/;

/** The sender's X-Request-Id; undefined if it is absent, repeated or not acceptable. */
export function senderRequestId(head: {
  /** In lower case. */
  readonly names: readonly string[];
  /** Names and values alternate, as received. */
  readonly raw: readonly string[];
}): string | undefined {
  const at = head.names.indexOf('x-request-id');
  if (at === -1 || head.names.indexOf('x-request-id', at + 1) !== -1) return undefined;
  const value = head.raw[2 * at + 1];
  return value !== undefined && REQUEST_ID.test(value) ? value : undefined;
}
