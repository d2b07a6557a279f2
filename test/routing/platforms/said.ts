import type { BodyFields } from '../../../src/routing/body/reads.ts';
import type { Platform, RequestHead } from '../../../src/routing/platform.ts';
import { fieldsOf, type Request } from '../support.ts';

/** A request with a query; a body is read as that platform alone reads it. */
export interface Sent extends Request {
  readonly query?: string;
}

export function headOf(sent: Sent): RequestHead {
  const headers = new Map(Object.entries(sent.headers ?? {}));
  return {
    method: sent.method ?? 'POST',
    host: 'bots.example.com',
    path: '/hooks',
    query: sent.query ?? '',
    header: (name) => headers.get(name),
  };
}

export function bodyOf(platform: Platform, sent: Sent): BodyFields | null {
  return sent.body === undefined ? null : fieldsOf(platform, sent);
}

/** What each delivery says, or that the request is refused. */
export function saidBy(
  platform: Platform,
  sent: Sent,
): readonly Readonly<Record<string, string>>[] | 'ambiguous' {
  const deliveries = platform.deliveries(headOf(sent), bodyOf(platform, sent));
  if ('ambiguous' in deliveries) return 'ambiguous';
  return deliveries.map((attributes) => {
    if (attributes.platform !== platform.name) throw new Error(`a delivery of ${attributes.platform}`);
    return attributes.fields;
  });
}

/** By the head alone, then with the body where there is one. */
export function recognition(platform: Platform, sent: Sent): readonly (boolean | 'needs body')[] {
  const head = headOf(sent);
  const body = bodyOf(platform, sent);
  return [platform.recognises(head), ...(body === null ? [] : [platform.recognises(head, body)])];
}

export function unmatchedBy(platform: Platform, sent: Sent): number | 'the 404' {
  return platform.unmatched(headOf(sent), bodyOf(platform, sent))?.status ?? 'the 404';
}

export function waitsFor(platform: Platform, sent: Sent): boolean {
  return platform.synchronous(headOf(sent), bodyOf(platform, sent));
}

export function isAnsweredHere(platform: Platform, sent: Sent): boolean {
  return platform.handshake(headOf(sent), bodyOf(platform, sent)) !== undefined;
}
