import { OVERRIDE_HEADERS } from '../../routing/url/override-headers.ts';

/** What becomes of a received header; every other header is passed on. */
export type HeaderRule =
  /** It is about the connection (RFC 9110 §7.6.1), or the door makes its own. */
  | 'drop'
  /** As 'drop', unless the profile keeps it. */
  | 'override'
  /** A proxy in front says it of the client, and only one on this machine is believed. */
  | 'of-proxy'
  /** As 'of-proxy', of the URL that the client called: the config's public_url overrules it. */
  | 'url-of-proxy'
  /** Proxies append to it, or the door does. */
  | 'x-forwarded-for'
  | 'x-forwarded-proto'
  | 'x-forwarded-host'
  | 'x-forwarded-prefix'
  | 'forwarded';

const RULES: ReadonlyMap<string, HeaderRule> = new Map<string, HeaderRule>([
  ...rules('drop', [
    'connection',
    'keep-alive',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'http2-settings',
    // The door frames every request anew and answers Expect itself.
    'content-length',
    'expect',
    'x-request-id',
  ]),
  ...rules(
    'override',
    OVERRIDE_HEADERS.map((name) => name.toLowerCase()),
  ),
  ...rules('of-proxy', [
    'x-real-ip',
    'client-ip',
    'x-client-ip',
    'x-cluster-client-ip',
    'x-remote-ip',
    'x-remote-addr',
    'true-client-ip',
    'cf-connecting-ip',
    'fastly-client-ip',
  ]),
  ...rules('url-of-proxy', [
    'x-forwarded-port',
    'x-forwarded-protocol',
    'x-forwarded-scheme',
    'x-forwarded-ssl',
    'x-scheme',
    'x-url-scheme',
    'front-end-https',
  ]),
  ...(
    ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-prefix', 'forwarded'] as const
  ).map((name) => [name, name] as const),
]);

function rules<R extends HeaderRule>(rule: R, names: readonly string[]): (readonly [string, R])[] {
  return names.map((name) => [name, rule]);
}

/**
 * The rule of a header, by its name in lower case; undefined for a header that is passed on. A name with '_' has the rule
 * of that with '-', which is the same header to CGI, WSGI and Rack.
 */
export function headerRule(name: string): HeaderRule | undefined {
  const rule = RULES.get(name);
  if (rule !== undefined) return rule;
  if (name.includes('_')) return headerRule(name.replaceAll('_', '-'));
  return name.startsWith('x-forwarded-') ? 'of-proxy' : undefined;
}
