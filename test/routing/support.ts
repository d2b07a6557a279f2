import { compileBodyReads, inspect } from '../../src/routing/body/inspect.ts';
import type { BodyFields } from '../../src/routing/body/reads.ts';
import { type BodyOutcome, matchBody, matchHead } from '../../src/routing/match.ts';
import type { Platform, RequestHead } from '../../src/routing/platform.ts';
import { platforms } from '../../src/routing/platforms/index.ts';
import type { PlatformName, Route } from '../../src/routing/route.ts';
import { compileRoutes, type RouteTable } from '../../src/routing/table/table.ts';

export const JSON_TYPE = 'application/json';
export const FORM_TYPE = 'application/x-www-form-urlencoded';
export const XML_TYPE = 'text/xml';

export interface Request {
  readonly method?: string;
  readonly path?: string;
  readonly query?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

export function head(request: Request): RequestHead {
  const headers = new Map(Object.entries(request.headers ?? {}));
  return {
    method: request.method ?? 'POST',
    path: request.path ?? '/api/messages',
    query: request.query ?? '',
    host: request.host ?? 'bots.example.com',
    header: (name) => headers.get(name),
  };
}

export function json(value: unknown, headers: Readonly<Record<string, string>> = {}): Request {
  return { headers: { 'content-type': JSON_TYPE, ...headers }, body: JSON.stringify(value) };
}

export function form(
  fields: Readonly<Record<string, string>>,
  headers: Record<string, string> = {},
): Request {
  return {
    headers: { 'content-type': FORM_TYPE, ...headers },
    body: new URLSearchParams(fields).toString(),
  };
}

/** What that platform alone reads of a request; fails where its body is refused. */
export function fieldsOf(platform: Platform, request: Request): BodyFields {
  const type = { contentType: request.headers?.['content-type'], contentEncoding: undefined };
  const inspection = inspect(type, Buffer.from(request.body ?? ''), compileBodyReads([platform]));
  if (inspection.outcome !== 'fields') throw new Error(`body not read: ${JSON.stringify(inspection)}`);
  return inspection.fields;
}

/** The attributes of a request's only delivery; undefined where it names nobody. */
export function attributesOf(
  platform: Platform,
  request: Request,
): Readonly<Record<string, string>> | undefined {
  const deliveries = platform.deliveries(head(request), fieldsOf(platform, request));
  if ('ambiguous' in deliveries) throw new Error(deliveries.ambiguous);
  const [first, ...others] = deliveries;
  if (others.length > 0) throw new Error('several deliveries');
  return first?.fields;
}

let line = 0;

export type Scoped = Partial<Pick<Route, 'host' | 'fallback' | 'fanOut'>>;

export function pathRoute(profile: string, path = '', scoped: Scoped = {}): Route {
  return {
    profile,
    key: null,
    host: null,
    path,
    stripPrefix: false,
    fallback: false,
    unverified: false,
    fanOut: false,
    keepHeaders: [],
    ...scoped,
    source: { file: 'gwproxy.yaml', line: ++line, column: 1 },
  };
}

export function keyRoute(
  profile: string,
  platform: PlatformName,
  fields: Readonly<Record<string, string | readonly string[]>>,
  path = '',
  scoped: Scoped = {},
): Route {
  const lists = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'string' ? [value] : value,
  ]);
  return { ...pathRoute(profile, path, scoped), key: { platform, fields: Object.fromEntries(lists) } };
}

/** Not what the door does, but as easy to tell from the secret. */
export function seal(secret: string): string {
  return `#${[...secret].reverse().join('')}`;
}

export function tableOf(...routes: readonly Route[]): RouteTable {
  return compileRoutes(routes, platforms, seal);
}

/** Both steps, as the door takes them. */
export function decide(table: RouteTable, request: Request): BodyOutcome | { readonly kind: 'none' } {
  const requestHead = head(request);
  const outcome = matchHead(table, requestHead);
  if (outcome.kind !== 'needs-body') return outcome;
  const type = {
    contentType: requestHead.header('content-type'),
    contentEncoding: requestHead.header('content-encoding'),
  };
  const inspection = inspect(type, Buffer.from(request.body ?? ''), outcome.reads);
  return matchBody(outcome.scope, requestHead, inspection);
}

/** Whom a request reaches, or what became of it: short enough for a table of cases. */
export function fate(table: RouteTable, request: Request): string {
  const outcome = decide(table, request);
  switch (outcome.kind) {
    case 'match':
      return outcome.profile;
    case 'fan-out':
      return outcome.matches.map(({ profile }) => profile).join(' + ');
    case 'mixed-batch':
      return `mixed-batch, not allowed by ${outcome.lacking.join(' and ')}`;
    case 'handshake':
    case 'unmatched':
      return `${outcome.kind} ${outcome.reply?.status ?? 404}`;
    case 'refused':
      return outcome.code;
    case 'none':
      return 'none';
  }
}
