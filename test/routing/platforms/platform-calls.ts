import { compileBodyReads, inspect } from '../../../src/routing/body/inspect.ts';
import type { BodyFields } from '../../../src/routing/body/reads.ts';
import type { Ambiguous, Platform } from '../../../src/routing/platform.ts';
import { head, type Request } from '../support.ts';

// Calls one platform as the door does.

export { form, head as headOf, json, type Request as Sent } from '../support.ts';

export type Fields = Readonly<Record<string, string>>;

/** What the platform reads of the body; null if there is none or it cannot read it. Throws if the body is refused. */
export function bodyOf(platform: Platform, sent: Request): BodyFields | null {
  if (sent.body === undefined) return null;
  const type = { contentType: sent.headers?.['content-type'], contentEncoding: undefined };
  const inspection = inspect(type, Buffer.from(sent.body), compileBodyReads([platform]));
  if (inspection.outcome === 'refused') throw new Error(inspection.detail);
  return inspection.outcome === 'fields' ? inspection.fields : null;
}

/** Whether the platform recognises a request, by its head or, if need be, by its body. */
export function isRecognised(platform: Platform, sent: Request): boolean {
  const byHead = platform.recognises(head(sent));
  if (byHead !== 'needs body') return byHead;
  const body = bodyOf(platform, sent);
  return body !== null && platform.recognises(head(sent), body) === true;
}

/** The platform's answer for the head alone, and then for the body if there is one. */
export function recognition(platform: Platform, sent: Request): readonly (boolean | 'needs body')[] {
  const body = bodyOf(platform, sent);
  return [platform.recognises(head(sent)), ...(body === null ? [] : [platform.recognises(head(sent), body)])];
}

/** The fields of each delivery. */
export function recipients(platform: Platform, sent: Request): readonly Fields[] | Ambiguous {
  const deliveries = platform.deliveries(head(sent), bodyOf(platform, sent));
  if ('ambiguous' in deliveries) return deliveries;
  return deliveries.map((attributes) => {
    if (attributes.platform !== platform.name) throw new Error(`a delivery of ${attributes.platform}`);
    return attributes.fields;
  });
}

/** As `recipients`, without the reason of an ambiguity. */
export function recipientsOrAmbiguous(platform: Platform, sent: Request): readonly Fields[] | 'ambiguous' {
  const found = recipients(platform, sent);
  return 'ambiguous' in found ? 'ambiguous' : found;
}

export function unmatchedStatus(platform: Platform, sent: Request): number | 'the 404' {
  return platform.unmatched(head(sent), bodyOf(platform, sent))?.status ?? 'the 404';
}

export function isSynchronous(platform: Platform, sent: Request): boolean {
  return platform.synchronous(head(sent), bodyOf(platform, sent));
}

export function isAnsweredHere(platform: Platform, sent: Request): boolean {
  return platform.handshake(head(sent), bodyOf(platform, sent)) !== undefined;
}
