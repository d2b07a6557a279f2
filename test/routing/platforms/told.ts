import { compileBodyReads, inspect } from '../../../src/routing/body/inspect.ts';
import type { BodyFields } from '../../../src/routing/body/reads.ts';
import type { Ambiguous, Platform } from '../../../src/routing/platform.ts';
import { head, type Request } from '../support.ts';

export { form, head as headOf, json, type Request as Sent } from '../support.ts';

export type Fields = Readonly<Record<string, string>>;

/** What that platform reads of the body; null where there is none to read. Fails where it is refused. */
export function bodyOf(platform: Platform, sent: Request): BodyFields | null {
  const type = { contentType: sent.headers?.['content-type'], contentEncoding: undefined };
  const inspection = inspect(type, Buffer.from(sent.body ?? ''), compileBodyReads([platform]));
  if (inspection.outcome === 'refused') throw new Error(inspection.detail);
  return inspection.outcome === 'fields' ? inspection.fields : null;
}

/** Whether the platform takes a request for its own, its head asked first and its body where that is needed. */
export function isTaken(platform: Platform, sent: Request): boolean {
  const byHead = platform.recognises(head(sent));
  if (byHead !== 'needs body') return byHead;
  const body = bodyOf(platform, sent);
  return body !== null && platform.recognises(head(sent), body) === true;
}

/** The fields of each delivery. */
export function named(platform: Platform, sent: Request): readonly Fields[] | Ambiguous {
  const deliveries = platform.deliveries(head(sent), bodyOf(platform, sent));
  return 'ambiguous' in deliveries ? deliveries : deliveries.map(({ fields }) => fields);
}
